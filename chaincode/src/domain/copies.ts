// SPDX-License-Identifier: Apache-2.0
import { partCid } from './cid.js';
import { flag, list, object, set, type Decoded } from './decode.js';
import { mspId } from './ids.js';

/** Most parts that a custodian is asked at once to have its hospital's node keep. */
export const MAX_PARTS_TO_KEEP = 64;
/** Most parts of which a custodian is asked at once whether its hospital's node keeps them. */
export const MAX_PARTS_IN_QUESTION = 200;
/** How long a custodian tries at most to have parts kept, waiting included; so no part has longer, in milliseconds. */
export const KEEP_COPIES_MS = 15_000;

/** Parts that another hospital's node is to keep. */
export const partsToKeep = object({ parts: set(partCid, 1, MAX_PARTS_TO_KEEP) });
/** Parts of which another hospital's node says whether it keeps them. */
export const partsInQuestion = object({ parts: set(partCid, 1, MAX_PARTS_IN_QUESTION) });
/** Those of the parts that the node keeps with all of their blocks. */
export const keptParts = object({ kept: list(partCid, 0, MAX_PARTS_IN_QUESTION) });
export type KeptParts = Decoded<typeof keptParts>;

/** Where a gateway takes what its own hospital's custodian hands on. */
export const COPIES_PATH = '/copies';
export const COPIES_IN_QUESTION_PATH = '/copies/questions';

/** A part that a custodian has its own hospital's gateway keep for another hospital. */
export const partToKeep = object({ hospital: mspId, part: partCid });
/** A part of which a gateway tells its custodian whether the node keeps it. */
export const partInQuestion = object({ part: partCid });
/** Whether the node keeps that part with all of its blocks. */
export const keptPart = object({ kept: flag });
