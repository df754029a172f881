#include "report/effect_words.h"

#include "effect/printable.h"

namespace checkrein::report {
namespace {

struct Phrase {
  std::string_view object, words;
};

// What `unknown:OBJECT` stands for (docs/format/programs.md).
constexpr Phrase kUnknown[] = {
    {"program", "runs a program that Checkrein does not know"},
    {"option", "gives a program an option that Checkrein does not know"},
    {"sub-command", "uses a sub-command that Checkrein does not know"},
    {"project-code", "runs code of the project"},
    {"code", "runs program text that could not be followed"},
    {"shell-text", "runs shell text that is not known before it runs"},
    {"stdin-script", "runs a script that comes to it from another program or a file"},
    {"hidden-code", "runs what was encoded or spelled so that nobody reads here what it does"},
    {"windows-program", "runs a program of Windows, outside of every sandbox of Linux"},
    {"interactive-shell", "opens a shell that waits for orders"},
    {"remote-shell", "gives another machine a shell on this one"},
    {"pager", "shows text with a pager, which can run programs"},
    {"cloud-secret", "makes a cloud hand out a password, token or key"},
    {"config", "obeys settings that can run programs"},
    {"preload", "loads a library into programs"},
    {"path", "changes where programs are looked for"},
    {"directory", "runs in a folder that is not known before"},
    {"install-script", "runs the scripts that packages bring along"},
    {"editor", "opens an editor"},
    {"remote-command", "runs a command on another machine"},
    {"container", "runs something in a container"},
    {"scheduled-code", "has something run later"},
    {"signal", "ends or signals processes"},
    {"network-program", "talks to another machine in ways that are not followed"},
    {"variable", "sets a variable that makes programs run something"},
    {"arithmetic", "evaluates arithmetic that is not known before; bash may run what is in it"},
    {"syntax", "has a syntax error: bash stops reading there"},
    {"tool", "calls a tool that Checkrein does not know"},
    {"mcp", "calls a tool of an MCP server"},
    {"depth", "is nested deeper than is followed"},
    {"recursion", "calls itself, or more deeply than is followed"},
    {"budget", "repeats itself more than is followed"},
    {"function", "calls a function that is not wholly known"},
    {"alias", "uses an alias that is not wholly known"},
    {"trap", "sets a trap whose text is not known"},
    {"prompt", "expands text that is not known as a prompt, which can run programs"},
    {"callback", "has bash call back text that is not known"},
    {"indirect", "uses a variable whose name is not known before"},
    {"nameref", "uses a variable that stands for another"},
    {"builtin", "loads or switches a built-in command"},
    {"extglob", "uses patterns that depend on a setting"},
    {"subscript", "uses a subscript that bash may run"},
    {"script", "runs a script whose text is not known"},
    {"library", "loads a library"},
    {"environment", "sets more variables than are followed"},
    {"earlier-state", "depends on what an earlier call left behind"},
    {"agent", "starts another agent, perhaps with other rules"},
    {"vcs", "runs what a repository may name"},
    {"debugger", "lets a debugger run or change programs"},
    {"dbus", "asks another service of this machine to act"},
    {"backup", "changes or removes backups"},
    {"attack-tool", "runs a tool that is made for attacks"},
    {"admin", "administers this machine"},
    {"signing", "signs and publishes with a key"},
    {"ssh-key", "uses or makes a key of ssh"},
    {"database", "sends orders to a database"},
    {"media", "plays or records"},
    {"wordlist", "reads words from a list that is not known"},
    {"?", "may do something that was not understood"},
};
// Settings that are no key of a program's own.
constexpr Phrase kSettings[] = {
    {"ci:environment", "sets what later steps of the CI job run with"},
    {"shell:history", "changes or stops the shell's history"},
    {"file:time", "sets the time of a file by hand"},
    {"file:owner", "gives a file to another owner or group"},
    {"file:open-to-all", "lets everybody on this machine change a file"},
    {"file:encrypted", "writes data that nobody can look into without the password"},
    {"file:key", "writes a private key"},
    {"file:unseen-name", "gives a file a name with characters that no screen shows"},
    {"file:database-lost", "deletes a database"},
    {"session:alias", "lets the name of one program start another in this shell"},
    {"session:trap", "has text run beside each command of this shell"},
    {"session:terminal", "changes how the terminal behaves, or reads what is typed without showing it"},
    {"history:uncommitted", "overwrites changes that no commit holds"},
    {"history:by-hand", "writes git's own files without git"},
    {"checks:passed-by", "passes by the project's own checks (hooks)"},
};
// Objects that stand for what the machine or the repository is configured with.
constexpr Phrase kConfigured[] = {{"forge", "the forge that you are logged in to (GitHub, GitLab, ...)"}, {"cloud", "the cloud that this machine is configured for"},
                                  {"cluster", "the cluster that this machine is configured for"},         {"registry", "the package registry that this machine is configured with"},
                                  {"gist", "a public page of the forge"},                                  {"dns", "the name servers"},
                                  {"device", "a device"},                                                  {"database", "a database"}};

std::string Files(std::string_view object, size_t columns) {
  if (object == "?") return "a file that is not known before it runs";
  if (object == "/**") return "anything on this machine";
  if (object.ends_with("/**")) return "everything in " + PrintableShort(object.substr(0, object.size() - 3), columns);
  if (object.ends_with('/') && object.size() > 1) return "the empty folder " + PrintableShort(object.substr(0, object.size() - 1), columns);
  return PrintableShort(object, columns);
}

// Where data go or come from.
std::string Peer(std::string_view object, size_t columns) {
  if (object == "?") return "a host that is not known before it runs";
  if (object.starts_with("registry:")) return "the " + PrintableShort(object.substr(9), columns) + " registry that this machine uses";
  if (object.starts_with("remote:")) return "the git remote " + PrintableShort(object.substr(7), columns);
  const std::string_view name = object.substr(0, object.find(':'));
  for (const Phrase& phrase : kConfigured)
    if (name == phrase.object) return std::string(phrase.words);
  const size_t colon = object.rfind(':');
  const bool port = colon != std::string_view::npos && colon + 1 < object.size() && object.find_first_not_of("0123456789", colon + 1) == std::string_view::npos && object.find('/') == std::string_view::npos;
  return port ? PrintableShort(object.substr(0, colon), columns) + ", port " + std::string(object.substr(colon + 1)) : PrintableShort(object, columns);
}

}  // namespace

std::string EffectWords(const Effect& effect, size_t columns) {
  const std::string_view object = effect.object;
  switch (effect.op) {
    case Op::kRead: return "reads " + Files(object, columns);
    case Op::kWrite: return "writes " + Files(object, columns);
    case Op::kDelete: return "deletes " + Files(object, columns);
    case Op::kExec: return object == "?" ? "runs a program that is not known before it runs" : "runs " + PrintableShort(object, columns);
    case Op::kConnect: return "connects to " + Peer(object, columns);
    case Op::kListen: return "waits for connections at " + PrintableShort(object, columns);
    case Op::kPrivilege: return "asks for more rights: " + PrintableShort(object, columns);
    case Op::kInstall: {
      const size_t colon = object.find(':');
      const std::string manager = PrintableShort(object.substr(0, colon), columns);
      const std::string_view package = colon == std::string_view::npos ? "?" : object.substr(colon + 1);
      if (package == "." || package == "?") return "installs packages with " + manager + (package == "." ? ", those that the project names" : "");
      return "installs " + PrintableShort(package, columns) + " with " + manager;
    }
    case Op::kPush: return object.starts_with("force:") ? "replaces or destroys what is at " + Peer(object.substr(6), columns) : "sends data to " + Peer(object, columns);
    case Op::kTool: return "calls the tool " + PrintableShort(object, columns);
    case Op::kConfigure:
      for (const Phrase& phrase : kSettings)
        if (object == phrase.object) return std::string(phrase.words);
      return "changes the setting " + PrintableShort(object, columns);
    case Op::kUnknown: break;
  }
  for (const Phrase& phrase : kUnknown)
    if (object == phrase.object) return std::string(phrase.words);
  return "does something that was not understood: " + PrintableShort(object, columns);
}

}  // namespace checkrein::report
