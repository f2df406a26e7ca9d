// SPDX-License-Identifier: Apache-2.0

// sun_path of sockaddr_un has 108 bytes on Linux and 104 on BSD, the closing zero included.
const MAX_SOCKET_PATH_BYTES = 103;

/** Returns the path when it fits into a socket address; throws a RangeError that says how long it is. */
export function checkedSocketPath(path: string): string {
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    throw new RangeError(
      `a Unix socket path may have ${String(MAX_SOCKET_PATH_BYTES)} bytes, this one has ${String(bytes)}: choose a shorter state folder`,
    );
  }
  return path;
}
