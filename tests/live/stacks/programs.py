"""Programs that try to get past the gate: the real one, with one thing changed in it before it declares."""

from pathlib import Path

MAIN = (Path(__file__).parents[3] / "__main__.py").read_text()
OPENING = "import pulumi\nimport stacks.alias, stacks.gateway\n"


def changed(change: str) -> str:
    """The program with a change that is made before anything is declared."""
    return f"{OPENING}{change}\n{MAIN}"


def of_alias(change: str, *, name: str = "alias") -> str:
    """The program that declares the alias under a name, after a change of its options."""
    return changed(f"""
def alias(_, props, opts):
    {change}
    return stacks.alias.Alias({name!r}, props, opts)
stacks.gateway.Alias = alias
""")


SAME = MAIN
RENAMED = of_alias("pass", name="other")
UNHOOKED = changed("stacks.gateway.ResourceHookBinding = lambda **_: None")
FORGIVING = changed("""
import belts.pulumi.boundary
belts.pulumi.boundary.ResourceHookOptions = lambda **_: pulumi.ResourceHookOptions(True, ignore_errors=True)
""")
TRANSFORMED = changed("""
def drop(args):
    args.opts.hooks = None
    return pulumi.ResourceTransformResult(args.props, args.opts)
pulumi.runtime.register_resource_transform(drop)
""")
TRANSFORMED_AS_BEFORE = changed("""
def drop(args):
    args.opts.hooks = None
    return pulumi.ResourceTransformationResult(args.props, args.opts)
pulumi.runtime.register_stack_transformation(drop)
""")
IGNORED_BUT_THE_ORDER = of_alias("opts.ignore_changes = ['upstream', 'identity', 'dial']")
IGNORED_ORDER = of_alias("opts.ignore_changes = ['order', 'others']")
IGNORED_ALL = of_alias("opts.ignore_changes = ['*']")
IMPORTED = of_alias("opts.import_ = 'gateway'")
UNKNOWN = changed("""
async def never():
    return None
async def no():
    return False
stacks.gateway.outputs.read = lambda *_: pulumi.Output(set(), never(), no())
""")
UNDECLARED = changed("""
class Nothing:
    serves = pulumi.Output.from_input({})
stacks.gateway.Alias = lambda *_: Nothing
""")


def of_caddy(change: str) -> str:
    """The program with other properties of the command that brings Caddy up."""
    return changed(f"""
import json
def other(args):
    if args.name != 'caddy':
        return None
    props, opts = dict(args.props), args.opts
    {change}
    return pulumi.ResourceTransformationResult(props, opts)
pulumi.runtime.register_stack_transformation(other)
""")


ANOTHER_REQUEST = """props['stdin'] = pulumi.Output.from_input(props['stdin']).apply(
        lambda text: json.dumps({**json.loads(text), %s}, indent=1))"""
WITHOUT_HOOKS = "\n    opts.hooks = None"
ELSEWHERE = ANOTHER_REQUEST % "'config': {'apps': {}}"
CADDY_ELSEWHERE = of_caddy(ELSEWHERE)
CADDY_ELSEWHERE_UNHOOKED = of_caddy(ELSEWHERE + WITHOUT_HOOKS)
CADDY_OF_ANOTHER = of_caddy(ANOTHER_REQUEST % "'belt': 'second'")
CADDY_ANOTHER_COMMAND = of_caddy("props['update'] = 'remove'")
CADDY_ANOTHER_INTERPRETER = of_caddy("props['interpreter'] = ['python', '-c']")
CADDY_ANOTHER_ENVIRONMENT = of_caddy("props['environment'] = {'PYTHONPATH': '/elsewhere'}")


def past_the_host(update: str) -> str:
    """The program whose command for Caddy runs this Python code in place of the host, without a hook."""
    return of_caddy(f"props['interpreter'], props['update'] = ['python', '-c'], {update!r}{WITHOUT_HOOKS}")


NOTHING = "from belts.pulumi import boundary\nboundary.die_on_interrupt()\n"
UNKNOWN_ORDER = of_alias("""
    async def never():
        return None
    async def no():
        return False
    props = {**props, 'order': pulumi.Output(set(), never(), no())}
""")
