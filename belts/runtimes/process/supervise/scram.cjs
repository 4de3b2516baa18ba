// Believes no Postgres that has not shown by SCRAM that it knows the password. The indexer's own client sends a password
// in clear to whoever took its database's place and asks for one, and writes to whoever asks for none; it has no setting
// for that. So what comes from that socket is read here first, until the server has let the indexer in.
"use strict"

const { Socket } = require("node:net")
const { resolve } = require("node:path")

const HOME = new Set(["127.0.0.1", "localhost", "::1"])
const SASL = 10, CONTINUE = 11, FINAL = 12, LET_IN = 0
// The client itself compares the signature in FINAL, and ends the connection where it is wrong.
const TURNS = [SASL, CONTINUE, FINAL, LET_IN]
const ASKS = { 0: "lets in without the password", 3: "asks for the password in clear", 5: "asks for it by MD5" }
const BEFORE = new Set(["R", "E", "N", "v"])
const HEADER = 5
const LONGEST = 65_536

const port = Number(process.env.BELTS_DATABASE_PORT)
if (!Number.isInteger(port) || port < 1) throw new Error("BELTS_DATABASE_PORT does not say where the database is")
const host = process.env.BELTS_DATABASE_HOST ?? ""
const file = host.startsWith("/") ? resolve(host, `.s.PGSQL.${port}`) : undefined
const [place, look] = file ? [file, `ss -lxp src ${file}`] : [`port ${port}`, "ss -ltnp"]

function reader() {
  let unread = Buffer.alloc(0)
  let turn = 0
  return function read(data) {
    unread = Buffer.concat([unread, data])
    while (unread.length >= HEADER && turn < TURNS.length) {
      const kind = String.fromCharCode(unread[0])
      const length = unread.readUInt32BE(1)
      if (!BEFORE.has(kind) || length < 4 || length > LONGEST) return "does not speak as Postgres before it lets in"
      if (unread.length < length + 1) break
      if (kind === "R") {
        const asks = length >= 8 ? unread.readUInt32BE(HEADER) : -1
        if (asks !== TURNS[turn]) return ASKS[asks] ?? "does not keep to the order of SCRAM"
        turn += 1
      }
      unread = unread.subarray(length + 1)
    }
    return turn === TURNS.length ? "" : undefined
  }
}

function guard(socket) {
  const read = reader()
  socket.emit = function (event, ...rest) {
    if (event !== "data") return Socket.prototype.emit.call(this, event, ...rest)
    const seen = read(rest[0])
    if (seen) {
      const words = [
        "the database is not believed",
        `  expected: a server at ${place} that shows by SCRAM that it knows the password`,
        `  seen:     it ${seen}`,
        `  now:      see who listens there: \`${look}\``,
      ].join("\n")
      console.error(words)
      this.destroy(new Error(words))
      return true
    }
    if (seen === "") delete this.emit
    return Socket.prototype.emit.call(this, event, ...rest)
  }
}

function asked(args) {
  const [first, second] = Array.isArray(args[0]) ? args[0] : args
  if (typeof first === "object" && first !== null) return { port: first.port, host: first.host, path: first.path }
  // As Node tells them apart: what is no number of a port is the path of a socket.
  const isPath = typeof first === "string" && !(Number(first) >= 0)
  return isPath ? { path: first } : { port: first, host: typeof second === "string" ? second : undefined }
}

const connect = Socket.prototype.connect

Socket.prototype.connect = function (...args) {
  const to = asked(args)
  const isIt = to.path ? resolve(to.path) === file : Number(to.port) === port && HOME.has(to.host ?? "localhost")
  if (isIt) guard(this)
  return connect.apply(this, args)
}
