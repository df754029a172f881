// Checkrein's plugin for OpenCode: asks the hook about every tool call, and lets one pass only on a clear yes.
// Written by `checkrein`; the protocol is docs/format/event.md. Whatever goes wrong here throws, and a throw blocks the call.
import { spawnSync } from "node:child_process"

const hook = {hook_json}
const limit = { timeout: 600000, killSignal: "SIGKILL", maxBuffer: 16 * 1024 * 1024, encoding: "utf8" }

function ask(place, event, input, output) {
  const message = JSON.stringify({ event, directory: place.directory, worktree: place.worktree, input, output })
  const done = spawnSync(hook[0], [...hook.slice(1), "opencode"], { ...limit, input: message })
  if (done.error) throw new Error("checkrein: the hook did not answer: " + done.error.message)
  if (done.status !== 0) throw new Error((done.stderr || "").trim() || "checkrein: denied; the hook ended with status " + done.status + " " + (done.signal ?? ""))
  return done.stdout
}

function tell(place, event, input, output) {
  try {
    ask(place, event, input, output)
  } catch {
    // What is only told decides nothing; a prompt or a call that may not pass is refused where it is asked about.
  }
}

export const Checkrein = async ({ directory, worktree }) => {
  const place = { directory, worktree }
  return {
    "chat.message": async (input, output) => {
      ask(place, "chat.message", { sessionID: input.sessionID }, { parts: output.parts })
    },
    "tool.execute.before": async (input, output) => {
      const { tool, sessionID, callID } = input
      const answer = JSON.parse(ask(place, "tool.execute.before", { tool, sessionID, callID }, { args: output.args }))
      if (answer === null || typeof answer !== "object" || answer.decision !== "allow") throw new Error("checkrein: the hook gave no decision")
      if (answer.args === undefined) return
      if (answer.args === null || typeof answer.args !== "object") throw new Error("checkrein: the hook gave no arguments")
      for (const name of Object.keys(output.args)) delete output.args[name]
      Object.assign(output.args, answer.args)
    },
    "tool.execute.after": async (input, output) => {
      const { tool, sessionID, callID, args } = input
      tell(place, "tool.execute.after", { tool, sessionID, callID, args }, { output: output.output, content: output.content, title: output.title })
    },
    "experimental.text.complete": async (input, output) => {
      tell(place, "experimental.text.complete", input, { text: output.text })
    },
    event: async ({ event }) => {
      const sessionID = event.properties?.sessionID ?? event.properties?.info?.id
      if (["session.created", "session.idle", "session.deleted"].includes(event.type) && sessionID) tell(place, event.type, { sessionID }, null)
    },
  }
}
