// Envio's own server has no setting for the address it listens on, and takes all of them. A belt's metrics are for
// this machine: a port that is opened without an address is opened on loopback.
"use strict"

const { Server } = require("node:net")

const listen = Server.prototype.listen

Server.prototype.listen = function (port, address, ...rest) {
  const isBarePort = (typeof port === "number" || /^\d+$/.test(port)) && typeof address !== "string"
  return isBarePort
    ? listen.call(this, port, "127.0.0.1", ...[address, ...rest].filter((each) => each !== undefined))
    : listen.call(this, port, address, ...rest)
}
