// SPDX-License-Identifier: Apache-2.0

/** Refusals that exist only at the door, before any use case is asked. */
export type RefusalKind =
  | 'unauthenticated'
  | 'scope-missing'
  | 'not-found'
  | 'method-not-allowed'
  | 'not-acceptable'
  | 'too-slow'
  | 'range-not-satisfiable'
  | 'busy';

/** A refusal by the door itself; the message is shown to the client and holds nothing personal. */
export class HttpRefusal extends Error {
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, message = '', options?: ErrorOptions) {
    super(message, options);
    this.name = 'HttpRefusal';
    this.kind = kind;
  }
}
