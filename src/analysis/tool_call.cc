// Tool calls that are no shell commands: their arguments are the effects.
//
// The file tools of all clients take paths as they stand (no `~`, no globs). Both the written path and where symbolic links lead
// become effects: a policy on either holds. Not covered: what an MCP server does with a call, which nobody here can know.
#include "analysis/tool_call.h"

#include "analysis/program/url.h"
#include "base/path.h"

namespace checkrein::analysis {
namespace {

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

  void Path(Op op, const std::string& written, std::string_view tail) {
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
