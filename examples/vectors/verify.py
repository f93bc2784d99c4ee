"""python3 verify.py [vectors.json]: signs each vector as a proxy in Python would, and compares."""

import hashlib
import hmac
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
STAMP = re.compile(r"\d{13}-[0-9a-z]{4}-.{1,32}-[0-9a-z]{6}")


def sign(secret: str, ts: str, body: bytes) -> str:
    """In a proxy: body is request.get_data() or request.body, never json.dumps(json.loads(…))."""
    message = ts.encode("ascii") + b"." + body
    return hmac.new(secret.encode("utf-8"), message, hashlib.sha256).hexdigest()


def main() -> int:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "../../src/contract/vectors.json"
    vectors = json.loads(path.read_text(encoding="utf-8"))
    wrong = []
    for vector in vectors["signatures"]:
        body = (vector["body"] * vector["body_times"]).encode("utf-8")
        made = sign(vector["secret"], vector["ts"], body)
        if not hmac.compare_digest(made, vector["signature"]):
            wrong.append(vector["name"])
    for vector in vectors["stamps"]:
        if bool(STAMP.fullmatch(vector["stamp"])) != vector["valid"]:
            wrong.append("stamp " + vector["stamp"])
    for name in wrong:
        print("wrong:", name)
    signatures, stamps = len(vectors["signatures"]), len(vectors["stamps"])
    print(f"{signatures} signatures and {stamps} stamps, {len(wrong)} wrong")
    return 1 if wrong else 0


sys.exit(main())
