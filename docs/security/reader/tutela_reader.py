#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An independent reader of Tutela's formats, written from ../formats.md alone.

    tutela_reader.py record FILE     opens a stored record with its custodians' replies, as in record-v1.json;
                                     with --text it prints the content itself, where that is text
    tutela_reader.py ceremony FILE   checks a ceremony, or a list, from what the ledger holds of it, as in ceremony-v1.json
    tutela_reader.py formats FILE    recomputes what is hashed and signed, as in crypto/vectors/product-v1.json
    tutela_reader.py frozen FILE     checks the kernel's own vectors, as in crypto/vectors/frozen-v1.json

Nothing but Python's standard library: AES-GCM, X25519, ristretto255 and P-256 are written out below, slowly and not in
constant time. Use it to check formats, never to hold keys. Every step that does not hold raises, and the exit code is 1;
it is 2 where the file cannot be read.
"""
import base64
import hashlib
import hmac
import json
import re
import sys

# --- conventions (formats, section 1) -------------------------------------------------------------------------------


def demand(condition, what):
    if not condition:
        raise ValueError(what)


def unb64(text, length=None):
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    demand(b64(raw) == text, "base64url is not canonical")
    demand(length in (None, len(raw)), f"there are not {length} bytes")
    return raw


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def i2osp(number, length):
    return number.to_bytes(length, "big")


def lp(raw):
    return i2osp(len(raw), 2) + raw


def jcs(value, depth=64):
    """RFC 8785 of values whose numbers are integers."""
    demand(depth >= 0, "a value is nested too deeply")
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        demand(abs(value) < 2**53, "an integer is out of range")
        return str(value)
    if isinstance(value, str):
        return jcs_text(value)
    if isinstance(value, list):
        return "[" + ",".join(jcs(item, depth - 1) for item in value) + "]"
    demand(isinstance(value, dict), "no canonical value")
    names = sorted(value, key=lambda name: name.encode("utf-16-be"))
    return "{" + ",".join(jcs_text(name) + ":" + jcs(value[name], depth - 1) for name in names) + "}"


def jcs_text(text):
    text.encode("utf-8")
    return json.dumps(text, ensure_ascii=False)


def parse_json(text):
    """JSON whose numbers are integers and never -0, and in which no object has two members of one name."""
    numbers = {"parse_int": integer_of, "parse_float": no_number, "parse_constant": no_number}
    return json.loads(text, object_pairs_hook=object_of, **numbers)


def object_of(pairs):
    demand(len({name for name, _ in pairs}) == len(pairs), "two members of one object have one name")
    return dict(pairs)


def integer_of(text):
    demand(text != "-0", "a number is -0")
    return int(text)


def no_number(text):
    raise ValueError(f"{text} is no integer")


def is_same(left, right):
    """Whether two values are one value of JSON; to Python true is 1 also."""
    return jcs(left) == jcs(right)


def exactly(value, names, optional=()):
    """An object that has these members and no others."""
    demand(isinstance(value, dict), "something is no object")
    for name in names:
        if name not in value:
            raise KeyError(name)
    others = sorted(set(value) - {*names, *optional})
    demand(not others, f"there is an unknown member {', '.join(others)}")


def count(value, low, high):
    demand(type(value) is int and low <= value <= high, f"{value} is no integer from {low} to {high}")
    return value


def matches(text, pattern, what):
    demand(isinstance(text, str) and re.fullmatch(pattern, text), f"{text} is no {what}")


def demand_id(text, prefix):
    matches(text, prefix + "[A-Za-z0-9_-]{22}", f"id that begins with {prefix}")


def demand_msp_id(text):
    matches(text, "[A-Za-z][A-Za-z0-9.-]{0,63}", "MSP id")


def demand_time(text):
    matches(text, r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z", "time")


def tagged(prefix, value):
    return prefix.encode() + b"\0" + jcs(value).encode("utf-8")


def sha256(raw):
    return hashlib.sha256(raw).digest()


def tagged_hash(prefix, value):
    return sha256(tagged(prefix, value))


def hkdf(name, ikm, salt, info, length):
    size = hashlib.new(name).digest_size
    key = hmac.new(salt or b"\0" * size, ikm, name).digest()
    out = block = b""
    counter = 1
    while len(out) < length:
        block = hmac.new(key, block + info + bytes([counter]), name).digest()
        out += block
        counter += 1
    return out[:length]


# --- AES-GCM (FIPS 197, SP 800-38D) ---------------------------------------------------------------------------------


def aes_sbox():
    box, p, q = [0x63] * 256, 1, 1
    while True:
        p ^= (p << 1) ^ (0x11B if p & 0x80 else 0)
        p &= 0xFF
        q ^= q << 1
        q ^= q << 2
        q ^= q << 4
        q &= 0xFF
        if q & 0x80:
            q ^= 0x09
        rotated = q
        mixed = 0
        for _ in range(5):
            mixed ^= rotated
            rotated = ((rotated << 1) | (rotated >> 7)) & 0xFF
        box[p] = mixed ^ 0x63
        if p == 1:
            return box


SBOX = aes_sbox()


def aes_round_keys(key):
    words = [list(key[i : i + 4]) for i in range(0, len(key), 4)]
    count, rounds, rcon = len(words), len(words) + 6, 1
    while len(words) < 4 * (rounds + 1):
        word = list(words[-1])
        if len(words) % count == 0:
            word = [SBOX[b] for b in word[1:] + word[:1]]
            word[0] ^= rcon
            rcon = (rcon << 1) ^ (0x11B if rcon & 0x80 else 0)
        elif count > 6 and len(words) % count == 4:
            word = [SBOX[b] for b in word]
        words.append([a ^ b for a, b in zip(words[-count], word)])
    return [sum(words[4 * r : 4 * r + 4], []) for r in range(rounds + 1)]


def aes_encrypt(keys, block):
    state = [a ^ b for a, b in zip(block, keys[0])]
    for number, key in enumerate(keys[1:], 1):
        state = [SBOX[state[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if number < len(keys) - 1:
            state = sum((mix_column(state[c : c + 4]) for c in range(0, 16, 4)), [])
        state = [a ^ b for a, b in zip(state, key)]
    return bytes(state)


def mix_column(column):
    def double(b):
        return ((b << 1) ^ (0x1B if b & 0x80 else 0)) & 0xFF

    total = column[0] ^ column[1] ^ column[2] ^ column[3]
    return [column[i] ^ total ^ double(column[i] ^ column[(i + 1) % 4]) for i in range(4)]


def ghash(h, raw):
    h, y = int.from_bytes(h, "big"), 0
    for at in range(0, len(raw), 16):
        x, z, v = y ^ int.from_bytes(raw[at : at + 16], "big"), 0, h
        for bit in range(127, -1, -1):
            if (x >> bit) & 1:
                z ^= v
            v = (v >> 1) ^ (0xE1 << 120 if v & 1 else 0)
        y = z
    return y.to_bytes(16, "big")


def gcm_open(key, nonce, sealed, aad=b""):
    demand(len(sealed) >= 16, "sealed bytes are too short")
    keys, body, tag = aes_round_keys(key), sealed[:-16], sealed[-16:]

    def pad(raw):
        return raw + b"\0" * (-len(raw) % 16)

    lengths = i2osp(8 * len(aad), 8) + i2osp(8 * len(body), 8)
    mac = ghash(aes_encrypt(keys, b"\0" * 16), pad(aad) + pad(body) + lengths)
    mask = aes_encrypt(keys, nonce + i2osp(1, 4))
    demand(hmac.compare_digest(bytes(a ^ b for a, b in zip(mac, mask)), tag), "a tag of AES-GCM does not hold")
    out = b""
    for number, at in enumerate(range(0, len(body), 16), 2):
        stream = aes_encrypt(keys, nonce + i2osp(number, 4))
        out += bytes(a ^ b for a, b in zip(body[at : at + 16], stream))
    return out


# --- X25519 (RFC 7748) and HPKE (RFC 9180) --------------------------------------------------------------------------

P = 2**255 - 19


def x25519(scalar, point):
    k = bytearray(scalar)
    k[0] &= 248
    k[31] = (k[31] & 127) | 64
    k = int.from_bytes(k, "little")
    x1 = int.from_bytes(point, "little") % 2**255 % P
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for t in range(254, -1, -1):
        bit = (k >> t) & 1
        if swap ^ bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb, aa, bb = d * a, c * b, a * a, b * b
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        e = aa - bb
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    out = (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")
    demand(any(out), "an X25519 key has small order")
    return out


BASE_X = i2osp(9, 1) + b"\0" * 31
KEM_SUITE = b"KEM" + i2osp(0x0020, 2)
HPKE_SUITE = b"HPKE" + i2osp(0x0020, 2) + i2osp(0x0001, 2) + i2osp(0x0002, 2)


def labeled_extract(suite, salt, label, ikm):
    return hmac.new(salt or b"\0" * 32, b"HPKE-v1" + suite + label + ikm, "sha256").digest()


def labeled_expand(suite, prk, label, info, length):
    return hmac.new(prk, i2osp(length, 2) + b"HPKE-v1" + suite + label + info + b"\1", "sha256").digest()[:length]


def hpke_open(private_key, sealed, info, aad):
    enc, public_key = sealed[:32], x25519(private_key, BASE_X)
    eae = labeled_extract(KEM_SUITE, b"", b"eae_prk", x25519(private_key, enc))
    shared = labeled_expand(KEM_SUITE, eae, b"shared_secret", enc + public_key, 32)
    context = b"\0" + labeled_extract(HPKE_SUITE, b"", b"psk_id_hash", b"")
    context += labeled_extract(HPKE_SUITE, b"", b"info_hash", info)
    secret = labeled_extract(HPKE_SUITE, shared, b"secret", b"")
    key = labeled_expand(HPKE_SUITE, secret, b"key", context, 32)
    nonce = labeled_expand(HPKE_SUITE, secret, b"base_nonce", context, 12)
    return gcm_open(key, nonce, sealed[32:], aad)


# --- ristretto255 (RFC 9496) ----------------------------------------------------------------------------------------

ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def is_negative(x):
    return x % P & 1


def absolute(x):
    return -x % P if is_negative(x) else x % P


def sqrt_ratio(u, v):
    r = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    check = v * r * r % P
    is_square = check == u % P
    if check == -u % P or check == -u * SQRT_M1 % P:
        r = r * SQRT_M1 % P
        is_square = is_square or check == -u % P
    return is_square, absolute(r)


INV_SQRT_A_MINUS_D = sqrt_ratio(1, -1 - D)[1]


class Element:
    """A point in extended coordinates, as its ristretto255 class."""

    def __init__(self, x, y, z, t):
        self.x, self.y, self.z, self.t = x, y, z, t

    def __add__(self, other):
        a = (self.y - self.x) * (other.y - other.x)
        b = (self.y + self.x) * (other.y + other.x)
        c, d = 2 * self.t * other.t * D, 2 * self.z * other.z
        e, f, g, h = b - a, d - c, d + c, b + a
        return Element(e * f % P, g * h % P, f * g % P, e * h % P)

    def __rmul__(self, scalar):
        total, point, scalar = IDENTITY, self, scalar % ORDER
        while scalar:
            if scalar & 1:
                total = total + point
            point, scalar = point + point, scalar >> 1
        return total

    def encode(self):
        u1, u2 = (self.z + self.y) * (self.z - self.y) % P, self.x * self.y % P
        inverse = sqrt_ratio(1, u1 * u2 * u2)[1]
        den1, den2 = inverse * u1 % P, inverse * u2 % P
        z_inv = den1 * den2 * self.t % P
        x, y, den = self.x, self.y, den2
        if is_negative(self.t * z_inv):
            x, y, den = self.y * SQRT_M1 % P, self.x * SQRT_M1 % P, den1 * INV_SQRT_A_MINUS_D % P
        if is_negative(x * z_inv):
            y = -y % P
        return absolute(den * (self.z - y)).to_bytes(32, "little")


IDENTITY = Element(0, 1, 1, 0)


def element(raw):
    """Decodes what comes from outside: canonical and not the identity."""
    s = int.from_bytes(raw, "little")
    demand(len(raw) == 32 and s < P and not is_negative(s) and s != 0, "no canonical element")
    u1, u2 = 1 - s * s, 1 + s * s
    v = (-D * u1 * u1 - u2 * u2) % P
    is_square, inverse = sqrt_ratio(1, v * u2 * u2)
    den_x = inverse * u2 % P
    x = absolute(2 * s * den_x)
    y = u1 * inverse * den_x * v % P
    demand(is_square and not is_negative(x * y) and y != 0, "no element of the group")
    return Element(x, y, 1, x * y % P)


def scalar(raw):
    """Decodes what comes from outside: little-endian, reduced, not zero."""
    value = int.from_bytes(raw, "little")
    demand(len(raw) == 32 and 0 < value < ORDER, "no reduced scalar")
    return value


G = element(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))
G_BAR = element(bytes.fromhex("f630ff773a9384bae01e182cb50c2c3f508f9eab77440c980ca6f3b82ce1ce12"))
CTX = b"Tutela-v1-tdh2-ristretto255-SHA512"


def h2s(message, domain):
    """expand_message_xmd (RFC 9380) with SHA-512 to one block of 64 bytes, modulo the order."""
    suffix = domain + i2osp(len(domain), 1)
    b0 = hashlib.sha512(b"\0" * 128 + message + i2osp(64, 2) + b"\0" + suffix).digest()
    return int.from_bytes(hashlib.sha512(b0 + b"\1" + suffix).digest(), "little") % ORDER


def scalar_bytes(value):
    return value.to_bytes(32, "little")


def encoded(point):
    """The bytes of what was computed, which is never the identity."""
    raw = point.encode()
    demand(any(raw), "a value is the identity")
    return raw


def lagrange(index, indices):
    above = below = 1
    for other in indices:
        if other != index:
            above, below = above * other % ORDER, below * (other - index) % ORDER
    return above * pow(below, ORDER - 2, ORDER) % ORDER


def total_of(elements):
    total = IDENTITY
    for one in elements:
        total = total + one
    return total


# --- P-256 signatures (FIPS 186-5) ----------------------------------------------------------------------------------

P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
P256_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P256_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def p256_add(left, right):
    if left is None or right is None:
        return left or right
    (x1, y1), (x2, y2) = left, right
    if x1 == x2 and (y1 + y2) % P256 == 0:
        return None
    if left == right:
        slope = (3 * x1 * x1 - 3) * pow(2 * y1, P256 - 2, P256) % P256
    else:
        slope = (y2 - y1) * pow(x2 - x1, P256 - 2, P256) % P256
    x3 = (slope * slope - x1 - x2) % P256
    return x3, (slope * (x1 - x3) - y1) % P256


def p256_multiply(number, point):
    total = None
    while number:
        if number & 1:
            total = p256_add(total, point)
        point, number = p256_add(point, point), number >> 1
    return total


def is_signed(public_key, message, signature):
    if len(public_key) != 65 or public_key[0] != 4 or len(signature) != 64:
        return False
    x, y = int.from_bytes(public_key[1:33], "big"), int.from_bytes(public_key[33:], "big")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if x >= P256 or (y * y - x * x * x + 3 * x - P256_B) % P256 != 0 or not (0 < r < P256_N and 0 < s < P256_N):
        return False
    inverse, digest = pow(s, P256_N - 2, P256_N), int.from_bytes(sha256(message), "big")
    point = p256_add(
        p256_multiply(digest * inverse % P256_N, P256_G), p256_multiply(r * inverse % P256_N, (x, y))
    )
    return point is not None and point[0] % P256_N == r


# --- capsules and shares (formats, section 3) -----------------------------------------------------------------------


def label_of(manifest, segment, kid):
    content = {"com": segment["com"], "sha256": segment["sha256"], "size": segment["size"]}
    binding = {name: manifest[name] for name in ("v", "suite", "channel", "recordId", "version", "ownerHandle", "author")}
    binding.update({name: segment[name] for name in ("segmentId", "class", "category", "salt")})
    binding["kid"] = b64(kid)
    binding["policyHash"] = b64(tagged_hash("Tutela-v1-policy", manifest["policy"]))
    binding["contentRoot"] = b64(tagged_hash("Tutela-v1-content", content))
    return tagged_hash("Tutela-v1-label", binding)


def verify_capsule(capsule, kid, label):
    demand(len(capsule) == 162 and capsule[:2] == b"\1\1", "no capsule of version 1, suite 1")
    u, ubar, e, f, c = (capsule[2 + 32 * i : 34 + 32 * i] for i in range(5))
    minus_e = ORDER - scalar(e)
    w = scalar(f) * G + minus_e * element(u)
    wbar = scalar(f) * G_BAR + minus_e * element(ubar)
    fields = (kid, c, label, u, w.encode(), ubar, wbar.encode())
    demand(scalar(e) == h2s(b"".join(lp(field) for field in fields), CTX + b"-H2"), "the capsule's proof does not hold")
    return u, c


def verify_share(share, verification_key, u, label, epoch, index):
    demand(len(share) == 96, "a share has not 96 bytes")
    b, d, challenge, z = verification_key, share[:32], share[32:64], share[64:]
    cs = b"Tutela-v1-tdh2-share-ristretto255-SHA512" + i2osp(epoch, 4) + i2osp(index, 2) + label
    seed = hashlib.sha512(lp(b) + lp(b"Seed-" + cs)).digest()
    factor = h2s(lp(seed) + i2osp(0, 2) + lp(u) + lp(d) + b"Composite", b"HashToScalar-" + cs)
    m, z_element = factor * element(u), factor * element(d)
    t2 = scalar(z) * G + scalar(challenge) * element(b)
    t3 = scalar(z) * m + scalar(challenge) * z_element
    fields = (b, m.encode(), z_element.encode(), t2.encode(), t3.encode())
    expected = h2s(b"".join(lp(field) for field in fields) + b"Challenge", b"HashToScalar-" + cs)
    demand(scalar(challenge) == expected, "a share's proof does not hold")
    return element(d)


def combine(shares, u, c, kid, label):
    key = total_of(lagrange(index, list(shares)) * share for index, share in shares.items())
    mask = hkdf("sha512", encoded(key), b"", CTX + b"-H1" + kid + label + u, 32)
    return bytes(a ^ b for a, b in zip(c, mask))


# --- content (formats, section 2) -----------------------------------------------------------------------------------


def decrypt_stream(dek, ciphertext, aad, commitment):
    demand(ciphertext[0] == 40, "no stream of suite 1")
    salt, prefix = ciphertext[1:33], ciphertext[33:40]
    demand(hkdf("sha256", dek, salt, b"Tutela-v1-commit", 32) == commitment, "the key does not fit its commitment")
    key, out, start, number = hkdf("sha256", dek, salt, aad, 32), b"", 40, 0
    while True:
        end = min((number + 1) * 1048576, len(ciphertext))
        nonce = prefix + i2osp(number, 4) + bytes([end == len(ciphertext)])
        demand(number == 0 or end - start > 16, "a later chunk is empty")
        out += gcm_open(key, nonce, ciphertext[start:end])
        if end == len(ciphertext):
            return out, salt
        start, number = end, number + 1


def plaintext_tag(dek, salt, ciphertext_size, plaintext):
    key = hkdf("sha256", dek, salt, b"Tutela-v1-plaintext-tag", 32)
    demand(ciphertext_size <= 4 * 1048576, "this reader checks the tag of one part")
    part = hmac.new(key, b"Tutela-v1-plaintext-tag-part\0" + plaintext, "sha256").digest()
    return hmac.new(key, b"Tutela-v1-plaintext-tag-parts\0" + part, "sha256").digest()


MANIFEST = ("v", "suite", "channel", "recordId", "version", "ownerHandle", "author", "policy", "segments")
SEGMENT = (
    *("segmentId", "class", "category", "dateBucket", "securityLabels", "parts", "size", "sha256", "com", "ptag"),
    *("layers", "salt"),
)
CID = "b(afkrei|afybei)[a-h][a-z2-7]{50}[aeimquy4]"


def check_manifest(manifest):
    exactly(manifest, MANIFEST)
    demand(is_same([manifest["v"], manifest["suite"]], [1, 1]), "no manifest of version 1, suite 1")
    matches(manifest["channel"], "[a-z0-9.-]{1,64}", "channel")
    count(manifest["version"], 1, 1_000_000)
    demand_msp_id(manifest["author"])
    demand_id(manifest["ownerHandle"], "pt_")
    demand_id(manifest["recordId"], "rec_")
    owner = b64(tagged_hash("Tutela-v1-id-owner", manifest["author"]))[:12]
    demand(manifest["recordId"][4:16] == owner, "the record's id is not its author's")
    exactly(manifest["policy"], (), ("note",))
    names = [segment["segmentId"] for segment in manifest["segments"]]
    demand(names and len(set(names)) == len(names), "there is no segment, or one stands twice")
    for segment in manifest["segments"]:
        check_segment(segment)


def check_segment(segment):
    exactly(segment, SEGMENT)
    demand_id(segment["segmentId"], "seg_")
    matches(segment["dateBucket"], "[0-9]{4}-(0[1-9]|1[0-2])", "month")
    demand(segment["layers"] == [], "this reader opens no layers")
    demand(all(isinstance(label, str) for label in segment["securityLabels"]), "a security label is no text")
    for name in ("sha256", "com", "ptag", "salt"):
        unb64(segment[name], 32)
    for part in segment["parts"]:
        exactly(part, ("cid", "size", "sha256"))
        matches(part["cid"], CID, "CIDv1 of SHA-256")
    sizes = [count(part["size"], 0, 4 * 1048576) for part in segment["parts"]]
    demand(all(size == 4 * 1048576 for size in sizes[:-1]), "a part that is not the last is shorter than four chunks")
    demand(is_same(segment["size"], sum(sizes)), "the segment's size is not that of its parts")


def demand_cid(cid, raw):
    """With the codec raw a part is named by the hash of its bytes; with dag-pb by that of a tree, which is not read here."""
    digest = base64.b32decode(cid[1:].upper() + "=" * (-len(cid[1:]) % 8))[4:]
    demand(cid[1:7] == "afybei" or digest == sha256(raw), "a part is not what its CID names")


def parts_of(segment, blocks):
    digests = b""
    for part in segment["parts"]:
        bytes_of_part = unb64(blocks[part["cid"]])
        demand(len(bytes_of_part) == part["size"], "a part has another size")
        demand(b64(sha256(bytes_of_part)) == part["sha256"], "a part is not the one in the manifest")
        demand_cid(part["cid"], bytes_of_part)
        digests += sha256(bytes_of_part)
    demand(b64(sha256(b"Tutela-v1-parts\0" + digests)) == segment["sha256"], "the parts are not the segment")
    return b"".join(unb64(blocks[part["cid"]]) for part in segment["parts"])


def header_of(plaintext):
    """The header of a segment, and where its content begins."""
    demand(len(plaintext) >= 4, "there is no header")
    end = 4 + count(int.from_bytes(plaintext[:4], "big"), 0, 512 * 1024)
    header = parse_json(plaintext[4:end].decode("utf-8"))
    demand(jcs(header).encode("utf-8") == plaintext[4:end], "the header is not canonical")
    exactly(header, ("contentType",), ("positions",))
    return header, end


# What each reply says of the release itself; the rest of it is in expected_of.
REPLY_OWN = ("index", "sealed", "shareHash", "height", "blockHash", "journalHead")


def expected_of(vector, segment, label, capsule):
    """What every custodian's reply about one segment must say, as the ledger and the reader's own intent have it."""
    manifest, custodians = vector["manifest"], vector["custodians"]
    place = {"recordId": manifest["recordId"], "version": manifest["version"], "segmentId": segment["segmentId"]}
    expected = {"v": 2, "suite": 1, "channel": manifest["channel"], "segment": place, "epoch": custodians["epoch"]}
    # The file does not name the reader's intent: it is one, whatever its id.
    expected["intentId"] = next(iter(vector["replies"].values()))[0]["reply"]["intentId"]
    expected.update({"label": b64(label), "capsuleHash": b64(sha256(capsule))})
    expected["transcriptHash"] = custodians["transcriptHash"]
    return expected


def check_reply(signed, expected):
    exactly(signed, ("reply", "signature"))
    reply = signed["reply"]
    exactly(reply, (*expected, *REPLY_OWN))
    demand_id(reply["intentId"], "in_")
    for name, value in expected.items():
        demand(is_same(reply[name], value), f"a reply is of another {name}")
    count(reply["height"], 0, 2**53 - 1)
    for name in ("shareHash", "blockHash", "journalHead"):
        unb64(reply[name], 32)


def open_reply(signed, public_key, session_key):
    reply, signature = signed["reply"], unb64(signed["signature"], 64)
    demand(is_signed(public_key, tagged("Tutela-v1-release-reply", reply), signature), "a reply is not signed")
    info = {name: reply[name] for name in ("v", "suite", "channel", "intentId", "epoch", "index")}
    info.update(reply["segment"])
    sealed = unb64(reply["sealed"], 96 + 48)
    share = hpke_open(session_key, sealed, tagged("Tutela-v1-release", info), unb64(reply["label"]))
    demand(b64(sha256(share)) == reply["shareHash"], "a share is not the one that was signed")
    return share


def check_replies(replies, expected, custodians):
    """Of one segment: one reply of each custodian, as many as the threshold, and of no two chains."""
    for signed in replies:
        check_reply(signed, expected)
    said = [signed["reply"] for signed in replies]
    indices = {count(reply["index"], 1, len(custodians["members"])) for reply in said}
    demand(len(indices) == len(said), "two replies are of one custodian")
    demand(len(said) == custodians["threshold"], "there are not as many shares as the threshold")
    heights = {reply["height"] for reply in said}
    blocks = {(reply["height"], reply["blockHash"]) for reply in said}
    demand(len(blocks) == len(heights), "two replies name two blocks of one height")


def shares_of(vector, replies, expected, u):
    """The shares of one segment by index, each proven."""
    custodians, label, shares = vector["custodians"], unb64(expected["label"]), {}
    check_replies(replies, expected, custodians)
    for signed in replies:
        index = signed["reply"]["index"]
        signer = custodians["members"][index - 1]["mspId"]
        share = open_reply(signed, unb64(vector["signingKeys"][signer]), unb64(vector["sessionKey"], 32))
        key = unb64(custodians["verificationKeys"][index - 1])
        shares[index] = verify_share(share, key, u, label, expected["epoch"], index)
    return shares


SET = (
    *("v", "epoch", "threshold", "members", "publicKey", "kid", "verificationKeys", "transcriptHash", "ceremonyId"),
    "activatedAt",
)


def check_set(custodians):
    """A custodian set by itself, whatever ceremony it came of; returns its kid."""
    exactly(custodians, SET)
    demand(is_same(custodians["v"], 1), "no custodian set of version 1")
    count(custodians["epoch"], 1, 1_000_000)
    check_members(custodians)
    kid = sha256(unb64(custodians["publicKey"], 32))[:16]
    demand(custodians["kid"] == b64(kid), "another kid")
    demand(len(custodians["verificationKeys"]) == len(custodians["members"]), "not one verification key of each member")
    for key in (custodians["publicKey"], *custodians["verificationKeys"]):
        element(unb64(key))
    unb64(custodians["transcriptHash"], 32)
    demand_id(custodians["ceremonyId"], "cer_")
    demand_time(custodians["activatedAt"])
    return kid


def check_members(of):
    """Members of a set or a ceremony, each at the place that is its index, and a threshold that is a majority."""
    members = of["members"]
    demand(1 <= len(members) <= 31, "too few or too many members")
    for place, member in enumerate(members, 1):
        exactly(member, ("mspId", "index"))
        demand_msp_id(member["mspId"])
        demand(is_same(member["index"], place), "a member's index is not its place")
    demand(len({member["mspId"] for member in members}) == len(members), "a member stands twice")
    count(of["threshold"], len(members) // 2 + 1, len(members))


RECORD = (
    *("manifest", "manifestHash", "labels", "capsules", "replies", "custodians", "signingKeys", "sessionKey"),
    "blocks",
)


def read_record(vector):
    exactly(vector, RECORD)
    manifest = vector["manifest"]
    demand(b64(tagged_hash("Tutela-v1-manifest", manifest)) == vector["manifestHash"], "another manifest")
    check_manifest(manifest)
    names = {segment["segmentId"] for segment in manifest["segments"]}
    same = all(set(vector[what]) == names for what in ("labels", "capsules", "replies"))
    demand(same, "segments, labels, capsules and replies are not of the same segments")
    kid, contents, used = check_set(vector["custodians"]), [], set()
    for segment in manifest["segments"]:
        name = segment["segmentId"]
        label = label_of(manifest, segment, kid)
        demand(b64(label) == vector["labels"][name], "another label")
        capsule = unb64(vector["capsules"][name])
        u, c = verify_capsule(capsule, kid, label)
        demand(u not in used, "two segments share a capsule")
        used.add(u)
        expected = expected_of(vector, segment, label, capsule)
        dek = combine(shares_of(vector, vector["replies"][name], expected, u), u, c, kid, label)
        ciphertext = parts_of(segment, vector["blocks"])
        aad = {"v": 1, "suite": 1, "channel": manifest["channel"], **expected["segment"]}
        plaintext, salt = decrypt_stream(dek, ciphertext, tagged("Tutela-v1-stream", aad), unb64(segment["com"]))
        demand(b64(plaintext_tag(dek, salt, len(ciphertext), plaintext)) == segment["ptag"], "another plaintext")
        header, start = header_of(plaintext)
        contents.append({"segmentId": name, "header": header, "content": b64(plaintext[start:])})
    return contents


# --- ceremonies (formats, section 4) --------------------------------------------------------------------------------


CEREMONY = (
    *("v", "ceremonyId", "kind", "threshold", "members", "dealers", "epoch", "startedAt", "startedBy", "joins"),
    *("dealings", "confirmations", "complaints", "phase"),
)
TERMS = ("v", "suite", "ceremonyId", "epoch", "threshold", "members", "previous")
PREVIOUS = ("epoch", "threshold", "publicKey", "verificationKeys", "dealers")
DEALING = ("v", "suite", "ceremonyId", "dealer", "commitments", "proof", "sealed")


def check_held(ceremony, previous):
    """Who takes part in a ceremony on the ledger, and that all of them have done their part (formats, 4.5)."""
    exactly(ceremony, CEREMONY, ("fromEpoch",))
    ended = [ceremony["v"], ceremony["phase"], ceremony["complaints"]]
    demand(is_same(ended, [1, "active", []]), "no custodian set comes of this ceremony")
    demand_id(ceremony["ceremonyId"], "cer_")
    demand_time(ceremony["startedAt"])
    demand_msp_id(ceremony["startedBy"])
    check_members(ceremony)
    members, dealers = ceremony["members"], ceremony["dealers"]
    if previous is None:
        is_first = is_same([ceremony["kind"], ceremony["epoch"]], ["dkg", 1]) and "fromEpoch" not in ceremony
        demand(is_first, "a ceremony after the first goes on from a previous set")
        demand(is_same(dealers, members), "a new key is dealt by all members, in their order")
    else:
        check_succession(ceremony, previous)
    for what, whose in (("joins", members), ("dealings", dealers), ("confirmations", members)):
        demand(set(ceremony[what]) == {one["mspId"] for one in whose}, f"not {what} of each, and of no other")


def check_succession(ceremony, previous):
    check_set(previous)
    members, dealers, old = ceremony["members"], ceremony["dealers"], previous["members"]
    epochs = [ceremony["fromEpoch"], ceremony["epoch"]]
    demand(is_same(epochs, [previous["epoch"], previous["epoch"] + 1]), "the epoch does not follow the previous one")
    demand(ceremony["kind"] in ("refresh", "reshare"), "a key that is there is refreshed or reshared")
    if ceremony["kind"] == "refresh":
        kept = is_same([ceremony["threshold"], members], [previous["threshold"], old])
        demand(kept, "a refresh keeps members and threshold")
    staying = {one["mspId"] for one in members} & {one["mspId"] for one in old}
    demand(len(staying) >= previous["threshold"], "too few of the previous members stay")
    right = len(dealers) == previous["threshold"] and is_same(dealers, [one for one in old if one in dealers])
    demand(right, "an old key is dealt by as many previous members as their threshold, in their order")


def terms_of(ceremony, previous):
    members = [{"id": m["mspId"], "encryptionKey": ceremony["joins"][m["mspId"]]} for m in ceremony["members"]]
    terms = {"v": 1, "suite": 1, "members": members, "previous": None}
    terms.update({name: ceremony[name] for name in ("ceremonyId", "epoch", "threshold")})
    if previous is not None:
        terms["previous"] = {name: previous[name] for name in PREVIOUS if name != "dealers"}
        terms["previous"]["dealers"] = [dealer["index"] for dealer in ceremony["dealers"]]
    return terms


def check_terms(terms):
    exactly(terms, TERMS)
    demand(is_same([terms["v"], terms["suite"]], [1, 1]), "no terms of version 1, suite 1")
    demand(1 <= len(terms["ceremonyId"]) <= 128, "a ceremony has no proper id")
    count(terms["epoch"], 1, 2**32 - 1)
    count(terms["threshold"], 1, count(len(terms["members"]), 1, 64))
    for member in terms["members"]:
        exactly(member, ("id", "encryptionKey"))
    demand(len({member["id"] for member in terms["members"]}) == len(terms["members"]), "a member stands twice")
    keys = [unb64(member["encryptionKey"], 32) for member in terms["members"]]
    demand(len(set(keys)) == len(keys), "two members have one key")
    for key in keys:
        demand(int.from_bytes(key, "little") < P, "an encryption key is not canonical")
        x25519(b"\1" * 32, key)
    if terms["previous"] is not None:
        check_previous(terms["previous"], terms["epoch"])


def check_previous(previous, epoch):
    exactly(previous, PREVIOUS)
    keys, dealers = previous["verificationKeys"], previous["dealers"]
    demand(count(previous["epoch"], 1, 2**32 - 1) + 1 == epoch, "the epoch does not follow the previous one")
    count(previous["threshold"], 1, count(len(keys), 1, 64))
    demand(len(dealers) == previous["threshold"], "not as many dealers as the previous threshold")
    ascending = sorted({count(dealer, 1, len(keys)) for dealer in dealers})
    demand(dealers == ascending, "the dealers are not old indices in ascending order")
    for key in (previous["publicKey"], *keys):
        element(unb64(key))


def dealers_of(terms):
    return list(range(1, len(terms["members"]) + 1)) if terms["previous"] is None else terms["previous"]["dealers"]


def dealings_of(ceremony):
    dealings = []
    for dealer in ceremony["dealers"]:
        published = ceremony["dealings"][dealer["mspId"]]
        exactly(published, ("commitments", "proof", "subShares"))
        for one in published["subShares"]:
            exactly(one, ("recipient", "sealed"))
        sub_shares = sorted(published["subShares"], key=lambda one: one["recipient"])
        recipients = [one["recipient"] for one in sub_shares]
        demand(is_same(recipients, [one["index"] for one in ceremony["members"]]), "not one sub-share for each member")
        sealed = [one["sealed"] for one in sub_shares]
        dealing = {"v": 1, "suite": 1, "ceremonyId": ceremony["ceremonyId"], "dealer": dealer["index"]}
        dealings.append({**dealing, "commitments": published["commitments"], "proof": published["proof"], "sealed": sealed})
    return dealings


def check_dealing(terms, dealing):
    exactly(dealing, DEALING)
    names = ("v", "suite", "ceremonyId")
    demand(all(is_same(dealing[name], terms[name]) for name in names), "a dealing is of another ceremony")
    raw = [unb64(text) for text in dealing["commitments"]]
    demand(len(raw) == terms["threshold"], "not as many commitments as the threshold")
    demand([len(unb64(text)) for text in dealing["sealed"]] == [80] * len(terms["members"]), "a seal has another length")
    proof, dealer = unb64(dealing["proof"], 64), dealing["dealer"]
    if terms["previous"] is not None:
        old = terms["previous"]["verificationKeys"][dealer - 1]
        demand(dealing["commitments"][0] == old, "a dealer does not deal its old share")
    challenge, z = scalar(proof[:32]), scalar(proof[32:])
    nonce = (z * G + challenge * element(raw[0])).encode()
    fields = [tagged_hash("Tutela-v1-ceremony-terms", terms), i2osp(dealer, 2), *raw, nonce]
    expected = h2s(b"".join(lp(field) for field in fields), b"Tutela-v1-possession-ristretto255-SHA512")
    demand(challenge == expected, "a proof of possession does not hold")
    commitments = [element(one) for one in raw]
    for index in range(1, len(terms["members"]) + 1):
        encoded(committed(commitments, index))
    return commitments


def committed(commitments, index):
    return total_of(pow(index, power) * one for power, one in enumerate(commitments))


def outcome_of(terms, dealings):
    check_terms(terms)
    dealers = [dealing["dealer"] for dealing in dealings]
    demand(is_same(dealers, dealers_of(terms)), "not one dealing of each dealer, in their order")
    polynomials = {dealing["dealer"]: check_dealing(terms, dealing) for dealing in dealings}
    weights = {one: 1 if terms["previous"] is None else lagrange(one, dealers) for one in dealers}
    public_key = encoded(total_of(weights[one] * polynomials[one][0] for one in dealers))
    if terms["previous"] is not None:
        demand(b64(public_key) == terms["previous"]["publicKey"], "the public key has changed")
    keys = [
        encoded(total_of(weights[one] * committed(polynomials[one], j) for one in dealers))
        for j in range(1, len(terms["members"]) + 1)
    ]
    transcript = tagged_hash("Tutela-v1-ceremony", {"terms": terms, "dealings": dealings})
    return public_key, keys, transcript


def open_sub_share(terms, dealing, recipient, private_key):
    info = {"v": 1, "suite": 1, "ceremonyId": terms["ceremonyId"], "epoch": terms["epoch"]}
    info.update({"dealer": dealing["dealer"], "recipient": recipient})
    aad = tagged_hash("Tutela-v1-ceremony-terms", terms)
    sealed = unb64(dealing["sealed"][recipient - 1])
    value = scalar(hpke_open(private_key, sealed, tagged("Tutela-v1-sub-share", info), aad))
    fits = (value * G).encode() == committed([element(unb64(c)) for c in dealing["commitments"]], recipient).encode()
    demand(fits, "a sub-share does not fit its commitments")
    return value


def check_ceremonies(vectors):
    """One ceremony, or a list of one consortium's, in which each goes on from the set that came of the one before."""
    if not isinstance(vectors, list):
        return check_ceremony(vectors)
    for before, after in zip(vectors, vectors[1:]):
        demand(is_same(before["custodians"], after.get("previous")), "the previous set is not the one before")
    return [check_ceremony(one) for one in vectors]


def check_ceremony(vector):
    exactly(vector, ("ceremony", "custodians"), ("previous",))
    ceremony, custodians, previous = vector["ceremony"], vector["custodians"], vector.get("previous")
    exactly(custodians, SET)
    check_held(ceremony, previous)
    terms, dealings = terms_of(ceremony, previous), dealings_of(ceremony)
    public_key, keys, transcript = outcome_of(terms, dealings)
    demand(custodians["publicKey"] == b64(public_key), "another public key")
    for name in ("ceremonyId", "epoch", "threshold", "members"):
        demand(is_same(custodians[name], ceremony[name]), f"the custodian set has another member {name}")
    demand(custodians["verificationKeys"] == [b64(key) for key in keys], "other verification keys")
    demand(custodians["transcriptHash"] == b64(transcript), "another transcript")
    check_set(custodians)
    for member in ceremony["members"]:
        demand(ceremony["confirmations"][member["mspId"]] == b64(transcript), "a member has not confirmed this")
    return {"epoch": terms["epoch"], "transcriptHash": b64(transcript)}


# --- vectors (formats, section 8) -----------------------------------------------------------------------------------


def check_formats(vectors):
    for vector in vectors:
        raw = tagged(vector["prefix"], vector["value"])
        demand("bytes" in vector or "hash" in vector, "a vector without an outcome")
        demand(vector.get("bytes", b64(raw)) == b64(raw), f"other bytes of {vector['name']}")
        demand(vector.get("hash", b64(sha256(raw))) == b64(sha256(raw)), f"another hash of {vector['name']}")
    return {"checked": len(vectors)}


def check_frozen(vectors):
    default = [stream for stream in vectors["streams"] if stream["place"]["suite"] == 1]
    for stream in default:
        dek, ciphertext = unb64(stream["dek"]), unb64(stream["ciphertext"])
        aad = tagged("Tutela-v1-stream", {"v": 1, **stream["place"]})
        demand(b64(aad) == stream["aad"], "other associated data")
        plaintext, salt = decrypt_stream(dek, ciphertext, aad, unb64(stream["com"]))
        demand(plaintext.decode() == stream["plaintext"], "another plaintext")
        demand(b64(plaintext_tag(dek, salt, len(ciphertext), plaintext)) == stream["ptag"], "another plaintext tag")
        demand(b64(sha256(b"Tutela-v1-parts\0" + sha256(ciphertext))) == stream["partsDigest"], "another digest")
    check_frozen_capsule(vectors["capsule"])
    seal = vectors["sealed"]
    opened = hpke_open(unb64(seal["privateKey"]), unb64(seal["sealed"]), seal["info"].encode(), seal["aad"].encode())
    demand(opened.decode() == seal["plaintext"], "another sealed text")
    check_at_rest(vectors["atRest"])
    for ceremony in vectors["ceremony"].values():
        check_frozen_ceremony(ceremony)
    return {"streams": len(default), "ceremonies": len(vectors["ceremony"])}


def check_frozen_capsule(vector):
    key, label, share = unb64(vector["publicKey"]), unb64(vector["label"]), vector["share"]
    kid = sha256(key)[:16]
    u, c = verify_capsule(unb64(vector["capsule"]), kid, label)
    raw = unb64(share["element"]) + unb64(share["proof"])
    element_of_share = verify_share(raw, key, u, label, share["epoch"], share["index"])
    demand(b64(combine({share["index"]: element_of_share}, u, c, kid, label)) == vector["key"], "another key")


def check_at_rest(vector):
    """With a key; Argon2id is not in the standard library."""
    sealed, place = unb64(vector["byKey"]), vector["place"].encode()
    demand(sealed[:3] == b"\1\1\0", "no file of version 1, suite 1, sealed with a key")
    aad = b"Tutela-v1-at-rest\0" + sealed[:31] + lp(place)
    demand(gcm_open(unb64(vector["key"]), sealed[19:31], sealed[31:], aad).decode() == vector["plaintext"], "another file")


def check_frozen_ceremony(vector):
    terms, dealings = vector["terms"], vector["dealings"]
    demand(b64(tagged_hash("Tutela-v1-ceremony-terms", terms)) == vector["termsHash"], "another terms hash")
    demand(b64(sha256(jcs(dealings).encode())) == vector["dealingsSha256"], "other dealings")
    public_key, keys, transcript = outcome_of(terms, dealings)
    demand(b64(public_key) == vector["publicKey"] and b64(transcript) == vector["transcriptHash"], "another outcome")
    demand([b64(key) for key in keys] == vector["verificationKeys"], "other verification keys")
    dealers = [dealing["dealer"] for dealing in dealings]
    weights = [1 if terms["previous"] is None else lagrange(one, dealers) for one in dealers]
    for position, private_key in enumerate(vector["memberKeys"], 1):
        parts = [open_sub_share(terms, dealing, position, unb64(private_key)) for dealing in dealings]
        secret = sum(weight * part for weight, part in zip(weights, parts)) % ORDER
        demand(b64(scalar_bytes(secret)) == vector["secrets"][position - 1], "another share")


COMMANDS = {"record": read_record, "ceremony": check_ceremonies, "formats": check_formats, "frozen": check_frozen}


def text_of(contents):
    for one in contents:
        kind = one["header"]["contentType"]
        demand(kind.startswith("text/") or "json" in kind, f"{one['segmentId']} is {kind}, and no text")
    return "\n".join(unb64(one["content"]).decode("utf-8") for one in contents)


def main(arguments):
    if arguments in (["--help"], ["-h"]):
        print(__doc__.strip())
        return
    as_text = arguments[:1] == ["record"] and "--text" in arguments
    rest = [one for one in arguments if not (as_text and one == "--text")]
    demand(len(rest) == 2 and rest[0] in COMMANDS, __doc__)
    with open(rest[1], encoding="utf-8") as file:
        vector = parse_json(file.read())
    answer = COMMANDS[rest[0]](vector)
    print(text_of(answer) if as_text else json.dumps(answer))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        print(f"UNREADABLE: {error.filename}: {error.strerror}", file=sys.stderr)
        sys.exit(2)
    except KeyError as error:
        print(f"refused: the member {error} is missing", file=sys.stderr)
        sys.exit(1)
    except (ValueError, IndexError, TypeError, StopIteration) as error:
        print(f"refused: {error}", file=sys.stderr)
        sys.exit(1)
