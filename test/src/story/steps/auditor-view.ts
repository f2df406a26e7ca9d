// SPDX-License-Identifier: Apache-2.0
import { instantOf } from '@tutela/chaincode/domain';
import { readAudit } from '../../support/clinic.js';
import { refusalOf } from '../../support/rest-problem.js';
import { claim, type Step } from '../step.js';

const HOUR_MS = 3_600_000;

export const auditorView: Step = {
  name: 'auditor-view',
  tells: 'an auditor reads a hospital’s log by time; the reading itself is logged, and a nurse is refused',
  async run({ cast, home }) {
    const { auditor, nurse } = cast;
    const declaration = () => ({
      scope: { kind: 'hospital', mspId: home.mspId },
      from: instantOf(Date.now() - HOUR_MS),
      until: instantOf(Date.now() + HOUR_MS),
    });
    const first = await readAudit(auditor, declaration());
    const second = await readAudit(auditor, declaration());
    const readings = second.filter(
      ({ act, actor }) => act === 'audit-read' && actor.id === auditor.practitionerId,
    );
    claim(first.length > 0, 'the hospital’s acts are there');
    claim(readings.length > 1, 'the first reading stands in the second, beside the second itself');
    const refusal = await refusalOf(nurse.post('/v1/audit-reads', declaration()));
    claim(refusal.code === 'CALLER_NOT_ENTITLED', 'a nurse reads no audit');
    const refused = second.filter(({ outcome }) => outcome !== 'permitted').length;
    return {
      entries: second.length,
      refused,
      readings: readings.map(({ txId }) => txId),
      nurse: refusal.code,
    };
  },
};
