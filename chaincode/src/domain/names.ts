// SPDX-License-Identifier: Apache-2.0

/** The chaincode's name on the channel. */
export const CHAINCODE_NAME = 'tutela';

/**
 * Every transaction by contract. Each takes one JSON text and returns one JSON text. `submit` ones write;
 * `evaluate` ones only read and are asked of one peer.
 */
export const TRANSACTIONS = {
  registry: {
    submit: [
      'RegisterHospital',
      'RegisterPractitioner',
      'ChangePractitioner',
      'RegisterPasskey',
      'RemovePasskey',
      'SuspendPractitioner',
      'LiftSuspension',
      'RegisterSystem',
      'ChangeSystem',
      'RegisterPatient',
      'RequestKeyRotation',
      'ApproveKeyRotation',
      'CancelKeyRotation',
      'CompleteKeyRotation',
      'RegisterGuardian',
      'RemoveGuardian',
      'RegisterCustodian',
    ],
    evaluate: [
      'GetHospital',
      'ListHospitals',
      'GetPractitioner',
      'ListSuspensions',
      'GetSystem',
      'GetPatient',
      'GetKeyRotation',
      'ListGuardians',
      'ListCustodians',
      'GetCustodianKeys',
    ],
  },
  record: {
    submit: [
      'Register',
      'Erase',
      'ConfirmErasure',
      'Retire',
      'CancelRetirement',
      'CompleteRetirement',
      'ConfirmRetirement',
      'ReportCorruption',
    ],
    evaluate: [
      'Get',
      'GetManifest',
      'GetSealed',
      'ListByHandle',
      'ListPins',
      'GetErasure',
      'ListErasures',
      'GetRetirement',
      'ListRetirements',
    ],
  },
  consent: {
    submit: ['Grant', 'GrantMany', 'Replace', 'Revoke'],
    evaluate: ['Get', 'ListByHandle', 'ListAsOf'],
  },
  access: {
    submit: ['DeclareIntent'],
    evaluate: ['GetIntent', 'GetReleaseContext', 'PreviewReleaseContext'],
  },
  emergency: {
    submit: [
      'Open',
      'Cosign',
      'ApproveFullScope',
      'Close',
      'BeginReview',
      'Review',
      'Contest',
      'FetchNotices',
    ],
    evaluate: ['Get', 'ListByHandle', 'ListDueReviews', 'ListNotices', 'Metrics'],
  },
  audit: { submit: ['DeclareRead'], evaluate: ['Query', 'GetEntry', 'Exposure'] },
  custody: {
    submit: [
      'StartCeremony',
      'Join',
      'Deal',
      'Confirm',
      'Complain',
      'Reveal',
      'Abort',
      'Activate',
      'Heartbeat',
      'Sight',
      'Accuse',
    ],
    evaluate: [
      'GetCurrent',
      'GetEpoch',
      'GetCeremony',
      'GetOpenCeremony',
      'ListHeartbeats',
      'ListPendingActs',
      'ListAccusations',
    ],
  },
  degraded: {
    submit: ['Vote', 'Post', 'Report'],
    evaluate: ['GetMode', 'GetContext', 'GetRequest', 'ListEntries'],
  },
} as const;

export type ContractName = keyof typeof TRANSACTIONS;

/** Private data collection of manifests and capsules, and the transient name under which they arrive. */
export const VAULT = 'vault';

/** Largest JSON argument of a transaction, in characters. */
export const MAX_ARGUMENT_CHARS = 256 * 1024;
/** Largest transient value, in bytes: a full manifest with its capsules. */
export const MAX_TRANSIENT_BYTES = 4 * 1024 * 1024;

/** Certificate attribute that names a caller's role, and the one that Fabric CA sets to the enrolment id. */
export const ROLE_ATTRIBUTE = 'tutela.role';
export const ENROLMENT_ID_ATTRIBUTE = 'hf.EnrollmentID';
