"""A stand-in for Pulumi's `command` resource plugin, for machines that cannot fetch the real one.

Same resources, same inputs and outputs, same protocol, written over the SDK's own gRPC stubs. What it does
differently on purpose is listed in its README.
"""

NAME = "command"
VERSION = "1.2.1"
