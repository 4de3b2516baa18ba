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
import belts.boundary
belts.boundary.ResourceHookOptions = lambda **_: pulumi.ResourceHookOptions(True, ignore_errors=True)
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
NOTHING = "from belts import boundary\nboundary.die_on_interrupt()\n"
UNKNOWN_ORDER = of_alias("""
    async def never():
        return None
    async def no():
        return False
    props = {**props, 'order': pulumi.Output(set(), never(), no())}
""")
