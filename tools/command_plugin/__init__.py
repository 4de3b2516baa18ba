"""A stand-in for Pulumi's `command` resource plugin, for machines that cannot fetch the real one.

It has the same resources, inputs, outputs and protocol, and uses the SDK's own gRPC stubs. Its README lists
the intended differences.
"""

NAME = "command"
VERSION = "1.2.1"
