"""The Pulumi program of every stack; the stack's config says which one it is."""

from stacks import declare

declare()
