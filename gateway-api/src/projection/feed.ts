// SPDX-License-Identifier: Apache-2.0
import type { LedgerEvent } from '@tutela/chaincode/domain';

/** One event with the id after which a client goes on (server-sent events' `Last-Event-ID`); see `LedgerMessage`. */
export type FeedItem = Readonly<{ id?: string; event: LedgerEvent }>;

/** Live events for clients: from after an id where one is given, else from now, until the signal aborts. */
export interface LedgerFeed {
  subscribe(signal: AbortSignal, lastEventId?: string): AsyncIterable<FeedItem>;
}
