// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { factsOf, type EmergencyFacts } from '../../domain/emergency.js';
import { DomainError } from '../../domain/errors.js';
import type { Intent } from '../../domain/intent.js';
import type { StepUpAct } from '../../domain/step-up.js';
import { contestOf } from '../../testing/contest.js';
import { guardianOf, newGuardian, removalOf, type TestGuardian } from '../../testing/guardian.js';
import type { Identity } from '../../testing/identity.js';
import type { TestPatient } from '../../testing/patient.js';
import type { PreparedRecord } from '../../testing/record.js';
import { endorse } from '../../testing/runner.js';
import { TestWorld } from '../../testing/world.js';

/** Ticks of half a time box; the box has run out at two. */
const TICK_MS = 30 * 60_000;
const MAX_TICKS = 2;

type Word = 'none' | 'upheld' | 'abuse';

/** What matters about an emergency, kept by hand beside the real one. */
interface Model {
  readonly cosigned: boolean;
  readonly approved: boolean;
  readonly closed: boolean;
  readonly review: 'none' | 'begun';
  /** The verdict of the patient’s hospital, and of a third one. */
  readonly home: Word;
  readonly third: Word;
  readonly contested: boolean;
  readonly ticks: number;
}

/** What an action must answer, and the model after it when it is allowed. */
type Expected = Readonly<{ code: string } | { next: Model }>;

interface Action {
  readonly name: string;
  readonly expected: (model: Model) => Expected;
  readonly act: (world: TestWorld) => Promise<unknown>;
}

let base: TestWorld;
let requester: Identity;
let patient: TestPatient;
/** Of this patient, of this patient once, and of another one. */
let guardian: TestGuardian;
let former: TestGuardian;
let foreign: TestGuardian;
let record: PreparedRecord;
let emergencyId: string;
let facts: EmergencyFacts;
let actions: readonly Action[];

const START: Model = {
  cosigned: false,
  approved: false,
  closed: false,
  review: 'none',
  home: 'none',
  third: 'none',
  contested: false,
  ticks: 0,
};
const over = (model: Model): boolean => model.closed || model.review !== 'none';
const expired = (model: Model): boolean => !over(model) && model.ticks >= MAX_TICKS;
const running = (model: Model): boolean => !over(model) && !expired(model);
const isFound = ({ home, third }: Model): boolean => home === 'abuse' || third === 'abuse';
const no = (code: string): Expected => ({ code });
const forbidden = (model: Model): Expected =>
  no(expired(model) ? 'EMERGENCY_EXPIRED' : 'FORBIDDEN_TRANSITION');

beforeAll(async () => {
  base = await TestWorld.found();
  const author = await base.practitioner(base.hospital(0), 'physician');
  patient = await base.patient(base.hospital(0));
  guardian = await guardianFor(patient);
  former = await guardianFor(patient);
  const removal = removalOf(base, patient, former.guardianId, patient);
  await base.run(base.hospital(0).gateway, 'registry:RemoveGuardian', removal);
  foreign = await guardianFor(await base.patient(base.hospital(0)));
  record = await base.store(author, patient, [{ category: 'summary' }, { category: 'notes' }]);
  requester = await base.practitioner(base.hospital(1), 'physician');
  const second = await base.practitioner(base.hospital(1), 'nurse');
  const officer = await base.practitioner(base.hospital(2), 'medical-officer');
  const reviewer = await base.practitioner(base.hospital(0), 'privacy-officer');
  const third = await base.practitioner(base.hospital(2), 'privacy-officer');
  facts = factsOf(await base.emergencyRequest(requester, patient));
  emergencyId = await base.emergency(requester, patient, facts);
  for (const person of [second, officer]) await base.passkey(person);
  actions = actionsOf({ second, officer, reviewer, third });
});

function actionsOf({
  second,
  officer,
  reviewer,
  third,
}: Record<'second' | 'officer' | 'reviewer' | 'third', Identity>): readonly Action[] {
  const by =
    (caller: Identity, name: string, more: object = {}) =>
    (world: TestWorld) =>
      world.run(caller, `emergency:${name}`, { emergencyId, ...more });
  const vouching =
    (caller: Identity, name: 'Cosign' | 'ApproveFullScope', act: StepUpAct) => (world: TestWorld) =>
      by(caller, name, { stepUp: world.stepUpBy(world.device(caller), caller, act, facts) })(world);
  const verdict = (of: 'home' | 'third', who: Identity, word: 'upheld' | 'abuse'): Action => ({
    name: `verdict ${word} of the ${of} hospital`,
    expected: (model) => {
      if (model.review === 'none') return forbidden(model);
      const isAsked = word === 'abuse' ? isFound(model) : model.third === 'abuse';
      if (of === 'third' && !isAsked) return no('CALLER_NOT_ENTITLED');
      const isNew = model[of] === 'none' || (model[of] === 'abuse' && word === 'upheld');
      return isNew ? { next: { ...model, [of]: word } } : no('FORBIDDEN_TRANSITION');
    },
    act: by(who, 'Review', { verdict: word, findingsHash: 'A'.repeat(43) }),
  });
  const mayBegin = (model: Model): boolean => model.review === 'none' && (model.closed || expired(model));
  return [
    {
      name: 'cosign by the requester',
      expected: (model) => {
        if (model.home === 'abuse' && model.third === 'abuse') return no('EMERGENCY_SUSPENDED');
        return running(model) && !model.cosigned ? no('EMERGENCY_SAME_PERSON') : forbidden(model);
      },
      act: vouching(requester, 'Cosign', 'cosign-emergency'),
    },
    {
      name: 'cosign by a second clinician',
      expected: (model) =>
        running(model) && !model.cosigned ? { next: { ...model, cosigned: true } } : forbidden(model),
      act: vouching(second, 'Cosign', 'cosign-emergency'),
    },
    {
      name: 'approval by the second clinician',
      expected: () => no('CALLER_NOT_ENTITLED'),
      act: vouching(second, 'ApproveFullScope', 'approve-full-scope'),
    },
    {
      name: 'approval by another hospital’s officer',
      expected: (model) => {
        if (!running(model) || !model.cosigned) return forbidden(model);
        return model.approved ? no('ALREADY_EXISTS') : { next: { ...model, approved: true } };
      },
      act: vouching(officer, 'ApproveFullScope', 'approve-full-scope'),
    },
    {
      name: 'close by the requester',
      expected: (model) => (over(model) ? forbidden(model) : { next: { ...model, closed: true } }),
      act: by(requester, 'Close'),
    },
    {
      name: 'review begun by the patient’s hospital',
      expected: (model) => (mayBegin(model) ? { next: { ...model, review: 'begun' } } : forbidden(model)),
      act: by(reviewer, 'BeginReview'),
    },
    {
      name: 'review begun by a hospital that it does not concern',
      expected: (model) => {
        if (!mayBegin(model)) return forbidden(model);
        return no(model.approved ? 'EMERGENCY_SAME_PERSON' : 'CALLER_NOT_ENTITLED');
      },
      act: by(officer, 'BeginReview'),
    },
    verdict('home', reviewer, 'upheld'),
    verdict('home', reviewer, 'abuse'),
    verdict('third', third, 'upheld'),
    verdict('third', third, 'abuse'),
    contestBy('the patient', (model) => ({ next: { ...model, contested: true } }), patient),
    contestBy('a guardian', (model) => ({ next: { ...model, contested: true } }), guardian, guardian),
    contestBy('a stranger in a guardian’s name', () => no('SIGNATURE_INVALID'), foreign, guardian),
    contestBy('a former guardian', () => no('SIGNATURE_INVALID'), former, former),
    contestBy('another patient’s guardian', () => no('SIGNATURE_INVALID'), foreign, foreign),
    {
      name: 'half an hour',
      expected: (model) => ({ next: { ...model, ticks: Math.min(MAX_TICKS, model.ticks + 1) } }),
      act: (world) => {
        world.ledger.advance(TICK_MS);
        return Promise.resolve();
      },
    },
  ];
}

async function guardianFor(of: TestPatient): Promise<TestGuardian> {
  const someone = newGuardian(base);
  await base.run(base.hospital(0).gateway, 'registry:RegisterGuardian', guardianOf(base, of, someone));
  return someone;
}

/** A contest signed with a key in the name of a guardian, or of the patient where none is named. */
function contestBy(
  name: string,
  expected: Action['expected'],
  { privateKey }: Pick<TestPatient, 'privateKey'>,
  named?: TestGuardian,
): Action {
  return {
    name: `contest by ${name}`,
    expected,
    act: (world) => {
      const request = contestOf(world, { ...patient, privateKey }, emergencyId, named?.guardianId);
      return world.run(world.hospital(0).gateway, 'emergency:Contest', request);
    },
  };
}

/** Takes the action in the real world and holds its answer against the model's. */
async function take(action: Action, model: Model, world: TestWorld): Promise<Model> {
  const expected = action.expected(model);
  const answer = await action.act(world).then(
    () => 'allowed',
    (error: unknown) => (error instanceof DomainError ? error.code : error),
  );
  expect([action.name, model, answer]).toEqual([
    action.name,
    model,
    'code' in expected ? expected.code : 'allowed',
  ]);
  const next = 'code' in expected ? model : expected.next;
  await expectAccess(next, world);
  return next;
}

/** Asks for both segments without committing, so that asking changes nothing. */
async function expectAccess(model: Model, world: TestWorld): Promise<void> {
  const request = world.intentRequest(requester, record, {
    purpose: 'BTG',
    basis: { kind: 'emergency', emergencyId },
  });
  const { answer } = await endorse(world.ledger, requester, 'access:DeclareIntent', request);
  const open = (answer as Intent).segments.map(({ decision }) => decision === 'permit');
  expect([model, ...open]).toEqual([
    model,
    running(model),
    running(model) && model.cosigned && model.approved,
  ]);
}

describe('the life of an emergency', () => {
  test('every action in every reachable state answers as it must', async () => {
    const seen = new Set([JSON.stringify(START)]);
    const frontier: { model: Model; world: TestWorld }[] = [{ model: START, world: base.fork() }];
    for (let here = frontier.pop(); here !== undefined; here = frontier.pop())
      for (const action of actions) {
        const world = here.world.fork();
        const next = await take(action, here.model, world);
        if (seen.has(JSON.stringify(next))) continue;
        seen.add(JSON.stringify(next));
        frontier.push({ model: next, world });
      }
    expect(seen.size).toBeGreaterThan(50);
  });

  test('so do random walks, in which the same step comes again and again', async () => {
    const walks = fc.array(fc.nat({ max: actions.length - 1 }), { minLength: 5, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(walks, async (steps) => {
        const world = base.fork();
        let model = START;
        for (const step of steps) {
          const action = actions[step];
          if (action !== undefined) model = await take(action, model, world);
        }
      }),
      { numRuns: 60, seed: 5 },
    );
  });
});
