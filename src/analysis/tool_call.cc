// Tool calls that are no shell commands: their arguments are the effects.
//
// The file tools of all clients take paths as they stand (no `~`, no globs). Both the written path and where symbolic links lead
// become effects: a policy on either holds. Not covered: what an MCP server does with a call, which nobody here can know.
#include "analysis/tool_call.h"

#include "analysis/program/url.h"
#include "base/path.h"

namespace checkrein::analysis {
namespace {

// What JavaScript's trim() takes away at both ends (ECMA-262, WhiteSpace and LineTerminator).
constexpr std::string_view kBlanks[] = {" ", "\t", "\n", "\v", "\f", "\r", "\xc2\xa0", "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85",
                                        "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80", "\xef\xbb\xbf"};
// Characters that Unicode's normal forms turn into one of ASCII: the sign of kelvin, the Greek question mark and accent (UnicodeData.txt).
struct Singleton {
  std::string_view from;
  char to;
};
constexpr Singleton kSingletons[] = {{"\xe2\x84\xaa", 'K'}, {"\xcd\xbe", ';'}, {"\xe1\xbf\xaf", '`'}};

std::string_view Trim(std::string_view text) {
  for (bool again = true; again;) {
    again = false;
    for (const std::string_view blank : kBlanks) {
      if (text.starts_with(blank)) text.remove_prefix(blank.size()), again = true;
      if (text.ends_with(blank)) text.remove_suffix(blank.size()), again = true;
    }
  }
  return text;
}

// The name without blanks at its ends, in normal form as far as that gives ASCII, and `~` as the home. Claude Code does so and tells its hooks
// the result; what others do, and when they tell, is not promised anywhere.
std::string AsClientsOpen(std::string_view written, const std::string& home) {
  std::string name(Trim(written));
  for (const Singleton& one : kSingletons)
    for (size_t at = name.find(one.from); at != std::string::npos; at = name.find(one.from, at)) name.replace(at, one.from.size(), 1, one.to);
  if (name == "~" || name.starts_with("~/")) name.replace(0, 1, home);
  return name.empty() ? std::string(written) : name;
}

constexpr size_t kMaxPaths = 4096;  // of one call: a patch that names more is not followed

class Call {
 public:
  Call(const agent::ToolCall& call, const Place& place, World& world) : call_(call), place_(place), world_(world) {
    out_.parsed = true;
    out_.coverage = Coverage::kFull;
    cwd_ = call.workdir.empty() ? place.cwd : NormalizePath(call.workdir, place.cwd);
  }

  Analysis Go() {
    using Kind = agent::ToolCall::Kind;
    switch (call_.kind) {
      case Kind::kShell: Unknown("shell-text", "a shell command is not read here"); break;
      case Kind::kRead: Paths({Op::kRead}, ""); break;
      case Kind::kWrite: Paths({Op::kWrite}, ""); break;
      case Kind::kEdit: Paths({Op::kRead, Op::kWrite}, ""); break;
      case Kind::kDelete: Paths({Op::kDelete}, "/**"); break;
      case Kind::kSearch: Search(); break;
      case Kind::kFetch: Fetch(); break;
      case Kind::kMcp:
        out_.effects.Add(Op::kTool, (call_.mcp_server.empty() ? "?" : call_.mcp_server) + "/" + (call_.mcp_tool.empty() ? "?" : call_.mcp_tool), {});
        Unknown("mcp", "what the server does with the call is not known");
        break;
      case Kind::kAgent: break;
      case Kind::kPlan: break;
      case Kind::kUnknown: Unknown("tool", "no such tool is known: " + call_.name); break;
    }
    if (place_.past != nullptr) {
      out_.left = *place_.past;  // it runs in no shell
      out_.left.files.clear();
      NoteWritten();
    }
    return std::move(out_);
  }

 private:
  void Unknown(std::string what, std::string note) {
    out_.effects.Add(Op::kUnknown, std::move(what), {});
    out_.coverage = Coverage::kOpaque;
    out_.notes.push_back(std::move(note));
  }

  // A client may open the name as it stands, or first do to it what clients do to names; the call counts for both.
  void Path(Op op, const std::string& written, std::string_view tail) {
    PathAsItStands(op, written, tail);
    if (const std::string opened = AsClientsOpen(written, place_.home); opened != written) PathAsItStands(op, opened, tail);
  }

  void PathAsItStands(Op op, const std::string& written, std::string_view tail) {
    const std::string path = NormalizePath(written, cwd_);
    const auto object = [tail](const std::string& p) { return tail.empty() ? p : p == "/" ? std::string(tail) : p + std::string(tail); };
    out_.effects.Add(op, object(path), {});
    const auto real = world_.Resolve(path);
    if (!real) {
      out_.coverage = Least(out_.coverage, Coverage::kPartial);
      out_.notes.push_back(path + ": where it leads is not known");
    } else if (*real != path) {
      out_.effects.Add(op, object(*real), {});
    }
  }

  void Paths(std::initializer_list<Op> ops, std::string_view tail) {
    if (call_.paths.empty() || call_.paths.size() > kMaxPaths) {
      for (const Op op : ops) out_.effects.Add(op, "?", {});
      out_.coverage = Coverage::kPartial;
      out_.notes.push_back("the call names no path that can be followed");
      return;
    }
    for (const std::string& path : call_.paths)
      for (const Op op : ops) {
        if (path.empty() || path.find('\0') != std::string::npos) {
          out_.effects.Add(op, "?", {});
          out_.coverage = Coverage::kPartial;
        } else {
          Path(op, path, tail);
        }
      }
  }

  // What the call says that the file will hold, where it says all of it.
  void NoteWritten() {
    std::string_view content;
    if (call_.kind == agent::ToolCall::Kind::kWrite && call_.paths.size() == 1)
      for (const char* member : {"content", "file_text"})
        if (content.empty()) content = call_.arguments.Text(member);
    for (const Effect& effect : out_.effects.all()) {
      if (effect.op != Op::kWrite || !effect.object.starts_with('/') || out_.written.size() == Past::kMaxFiles) continue;
      WrittenFile& file = out_.written.emplace_back();
      file.path = effect.object;
      if (!content.empty() && content.size() <= Past::kMaxContent) file.content = content;
    }
  }

  // A search reads what is beneath its roots; without one, the working directory. A pattern may itself lead elsewhere (`../../**`).
  void Search() {
    if (call_.paths.empty()) {
      Path(Op::kRead, cwd_, "/**");
    } else {
      Paths({Op::kRead}, "/**");
    }
    if (call_.pattern.starts_with('/') || call_.pattern.find("..") != std::string::npos) {
      const std::string_view fixed = std::string_view(call_.pattern).substr(0, call_.pattern.find_first_of("*?[{"));
      const size_t slash = fixed.rfind('/');
      if (slash != std::string_view::npos && (call_.pattern.starts_with('/') || call_.pattern.starts_with("..") || call_.pattern.find("/..") != std::string::npos)) Path(Op::kRead, std::string(fixed.substr(0, slash + 1)), "/**");
    }
  }

  void Fetch() {
    const auto target = UrlTarget(call_.url, "https");
    if (target && target->local_file) return Path(Op::kRead, target->path, "");
    out_.effects.Add(Op::kConnect, target ? target->Object() : "?", {});
    if (!target) {
      out_.coverage = Coverage::kPartial;
      out_.notes.push_back("the call names no host");
    }
  }

  const agent::ToolCall& call_;
  const Place& place_;
  World& world_;
  std::string cwd_;
  Analysis out_;
};

}  // namespace

Analysis AnalyzeToolArguments(const agent::ToolCall& call, const Place& place, World& world) { return Call(call, place, world).Go(); }

}  // namespace checkrein::analysis
