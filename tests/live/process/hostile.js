// What the code of an indexer could try against the rest of its host; how each try ended is written where it may write.
;(() => {
  const fs = process.getBuiltinModule("node:fs")
  const { spawnSync } = process.getBuiltinModule("node:child_process")
  const aims = JSON.parse(process.env.BELTS_AIMS ?? "null")
  if (!aims) return
  const told = {}
  const attempt = (name, act) => {
    try {
      told[name] = `done: ${String(act()).slice(0, 60)}`
    } catch (fault) {
      told[name] = fault.code ?? String(fault)
    }
  }
  for (const file of aims.files) attempt(`read ${file}`, () => fs.readFileSync(file))
  for (const folder of aims.folders) {
    attempt(`list ${folder}`, () => fs.readdirSync(folder))
    attempt(`write below ${folder}`, () => fs.writeFileSync(`${folder}/planted`, "planted"))
    attempt(`link below ${folder}`, () => fs.symlinkSync("/etc/hostname", `${folder}/linked`))
    attempt(`rename ${folder}`, () => fs.renameSync(folder, `${folder}.moved`))
    if (aims.modes) attempt(`open up ${folder}`, () => fs.chmodSync(folder, 0o777))
  }
  for (const folder of aims.shared) attempt(`plant below ${folder}`, () => fs.writeFileSync(`${folder}/planted`, "planted"))
  for (const [name, pid] of Object.entries(aims.pids)) {
    attempt(`kill ${name}`, () => process.kill(pid, 0))
    attempt(`environment of ${name}`, () => fs.readFileSync(`/proc/${pid}/environ`))
    attempt(`memory of ${name}`, () => fs.readFileSync(`/proc/${pid}/mem`))
    attempt(`files of ${name}`, () => fs.readdirSync(`/proc/${pid}/fd`))
    attempt(`root of ${name}`, () => fs.readdirSync(`/proc/${pid}/root/`))
    attempt(`directory of ${name}`, () => fs.readdirSync(`/proc/${pid}/cwd/`))
    attempt(`trace ${name}`, () => {
      const script = `exit(syscall(${aims.ptrace}, 16, ${pid}, 0, 0) == 0 ? 0 : $! + 0)`
      const code = spawnSync("/usr/bin/perl", ["-e", script]).status
      if (code !== 0) throw new Error(`refused: ${code}`)
    })
  }
  for (const socket of aims.sockets ?? []) {
    attempt(`speak to ${socket}`, () => {
      const script = `const one = require("node:net").connect(process.argv[1], () => process.exit(0)); one.on("error", (fault) => { console.log(fault.code); process.exit(1) })`
      const found = spawnSync(process.execPath, ["-e", script, socket], { env: {} })
      if (found.status !== 0) throw new Error(`refused: ${found.stdout}`)
    })
  }
  attempt("its own folder", () => fs.writeFileSync(`${process.env.TMPDIR}/mine`, "mine"))
  fs.writeFileSync(`${process.env.TMPDIR}/told.json`, JSON.stringify({ told, user: process.getuid(), groups: process.getgroups() }))
})()
