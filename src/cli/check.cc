// checkrein check: JSON Lines in, one answer a line out, in the same order (docs/format/verdict.md). Hermetic: a pure function of its input,
// its options and the policy; nothing that the commands speak of is looked at, and nobody's configuration is read.
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

#include "advisories/shield.h"
#include "advisories/shipped.h"
#include "base/fd.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/policy_files.h"
#include "monitor/check_line.h"
#include "policy/shields.h"

namespace checkrein::cli {
namespace {

using monitor::CheckLine;
using monitor::kMaxCheckLine;

constexpr size_t kLong = 1u << 18;  // bytes of a line

struct Options {
  PolicyFiles policies;
  std::vector<std::string> model_hosts, registries, shields, personal;
};

// Lines of a descriptor, each at most kMaxCheckLine; a longer one is passed over and told as such.
class Lines {
 public:
  struct Line {
    std::string text;
    bool too_long = false;
  };
  explicit Lines(int fd) : fd_(fd) {}
  // Nothing at the end, or when reading fails: see error().
  std::optional<Line> Next() {
    Line line;
    while (true) {
      const size_t end = buffer_.find('\n', at_);
      if (end != std::string::npos) {
        Take(&line, end);
        at_ = end + 1;
        return line;
      }
      Take(&line, buffer_.size());
      buffer_.clear();
      at_ = 0;
      if (Fill()) continue;
      if (line.text.empty() && !line.too_long) return std::nullopt;
      return line;  // the last one, which no line break ends
    }
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  void Take(Line* line, size_t end) {
    if (line->text.size() + (end - at_) > kMaxCheckLine) line->too_long = true;
    if (line->too_long) {
      line->text.clear();
    } else {
      line->text.append(buffer_, at_, end - at_);
    }
  }
  bool Fill() {
    buffer_.resize(1u << 16);
    ssize_t got = 0;
    do got = read(fd_, buffer_.data(), buffer_.size());
    while (got < 0 && errno == EINTR);
    if (got < 0) error_ = SystemError("standard input", errno);
    buffer_.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return got > 0;
  }

  int fd_;
  std::string buffer_;
  size_t at_ = 0;
  std::optional<Error> error_;
};

// Of the advisories that are compiled in: a pure function of the options, whatever is installed here.
Result<policy::Shields> ShieldsOf(const std::vector<std::string>& advisories) {
  policy::Shields shields;
  shields.program = advisories::ShippedShields();
  shields.on.resize(shields.program.size());
  for (const std::string& advisory : advisories) {
    bool found = false;
    for (size_t i = 0; i < shields.on.size(); ++i) {
      if (advisory != "all" && advisories::AdvisoryOf(shields.program.id(i)) != advisory) continue;
      shields.on[i] = found = true;
    }
    shields.Aim();
    if (!found) return Error{Error::Kind::kNotFound, "--shields " + json::Quote(advisory) + ": no advisory of that name is compiled in"};
  }
  return shields;
}

// Has the heap grow in large pages before a long line is judged: its tree, its effects and what is said of each take some forty times its
// bytes, and ten thousand page faults are a tenth of the time. Only advice: without large pages nothing changes.
void ExpectHeap(size_t bytes) {
  constexpr size_t kLargePage = 2u << 20, kMost = 24u << 20;  // glibc takes less than 32 MiB from the heap, not from a mapping of its own
  mallopt(M_MMAP_THRESHOLD, kMost + kLargePage);
  std::vector<void*> blocks;
  for (size_t got = 0; got < bytes && blocks.size() < 4; got += kMost) {
    blocks.push_back(malloc(kMost));
    if (blocks.back() == nullptr) break;
    const uintptr_t begin = (reinterpret_cast<uintptr_t>(blocks.back()) + kLargePage - 1) / kLargePage * kLargePage;
    (void)madvise(reinterpret_cast<void*>(begin), (reinterpret_cast<uintptr_t>(blocks.back()) + kMost - begin) / kLargePage * kLargePage, MADV_HUGEPAGE);
  }
  for (void* block : blocks) free(block);
}

int RunCheck(const Options& options) {
  const Result<policy::PolicySet> policies = LoadPolicyFiles(options.policies);
  if (!policies) return Report(policies.error(), kUsage);
  const Result<policy::Shields> shields = ShieldsOf(options.shields);
  if (!shields) return Report(shields.error(), kUsage);
  DeclaredPlaces personal;
  for (const std::string& pattern : options.personal)
    if (const Status added = personal.Add(pattern, DeclaredPlaces::From::kPerson); !added) return Report({added.error().kind, "--personal-data " + added.error().text}, kUsage);
  const monitor::CheckSetup setup{&*policies, options.model_hosts, options.registries, personal.empty() ? nullptr : &personal, shields->any() ? &*shields : nullptr};
  bool all_judged = true;
  Lines lines(STDIN_FILENO);
  std::string out;
  while (std::optional<Lines::Line> line = lines.Next()) {
    // What is too long comes as one byte more than is read, and is refused for it.
    if (line->too_long) line->text.assign(kMaxCheckLine + 1, ' ');
    else if (line->text.find_first_not_of(" \t\r") == std::string::npos) continue;
    if (line->text.size() > kLong) ExpectHeap(line->text.size() * 40);
    const json::Value answer = CheckLine(line->text, setup);
    all_judged = all_judged && answer.Find("error") == nullptr;
    out += answer.Dump() + "\n";
    if (out.size() < (1u << 16)) continue;
    if (const Status written = WriteAll(STDOUT_FILENO, out); !written) return Report(written.error(), kIncomplete);
    out.clear();
  }
  if (const Status written = WriteAll(STDOUT_FILENO, out); !written) return Report(written.error(), kIncomplete);
  if (lines.error()) return Report(*lines.error(), kIncomplete);
  return all_judged ? kDone : kIncomplete;
}

}  // namespace

void AddCheck(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("check", "Decide many commands or events: JSON Lines in, one answer a line out, nothing touched");
  auto options = std::make_shared<Options>();  // CLI11 keeps references into it for as long as its callbacks live
  AddPolicyOptions(*command, options->policies);
  command->add_option("--model-host", options->model_hosts, "a host of the client's own model (may be given again)")->allow_extra_args(false);
  command->add_option("--registry", options->registries, "a host of a package registry (may be given again)")->allow_extra_args(false);
  command->add_option("--personal-data", options->personal, "files that hold personal data, as in settings.json: \"data/customers\" (may be given again)")->allow_extra_args(false);
  command->add_option("--shields", options->shields, "as if the shields of this advisory were in force: its id, or all (may be given again)")->allow_extra_args(false);
  command->callback([options, &exit] { exit.code = RunCheck(*options); });
}

}  // namespace checkrein::cli
