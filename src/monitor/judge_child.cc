#include "monitor/judge_child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "advisories/live.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/fields.h"
#include "base/path.h"
#include "monitor/pinned.h"
#include "monitor/settings.h"
#include "monitor/surroundings.h"
#include "sandbox/parser_filter.h"

namespace checkrein::monitor {
namespace {

// Messages on the socket pair: one field that holds a whole message (fields.h).
// Child to parent: "facts" session | "shields" "/" | "likely-pins" "/" | "around" directory | "resolve" path | "read" path cap | "project" workspace | "pins" workspace |
// "declared" directory workspace patterns |
// "configs" workspace client | "tools" workspace command directory arguments variables | "done" judgement. A workspace of "/" is none.
// Parent to child: "yes" answer | "no".
constexpr size_t kMaxMessageBytes = 64u << 20;  // a judgement holds the command up to three times, escaped
constexpr int kEndWithinMs = 1'000;
constexpr timeval kListenWithin{2, 0};          // no answer to a child may take the caller's time for long

bool Send(int fd, const std::string& message) {
  FieldWriter framed;
  framed.Add(message);
  return WriteAll(fd, framed.bytes()).ok();
}

// In the child: a blocking read of one message.
std::optional<std::string> Receive(int fd) {
  const auto read_exactly = [fd](size_t size) -> std::optional<std::string> {
    std::string out(size, '\0');
    for (size_t at = 0; at < size;) {
      const ssize_t n = read(fd, out.data() + at, size - at);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return std::nullopt;
      at += static_cast<size_t>(n);
    }
    return out;
  };
  const std::optional<std::string> head = read_exactly(4);
  if (!head) return std::nullopt;
  uint32_t size = 0;
  for (unsigned i = 0; i < 4; ++i) size |= static_cast<uint32_t>(static_cast<unsigned char>((*head)[i])) << (8 * i);
  if (size > kMaxMessageBytes) return std::nullopt;
  return read_exactly(size);
}

// The child's side of every question.
class Asking final : public Outside {
 public:
  explicit Asking(int fd)
      : fd_(fd),
        resolver_([this](const std::string& directory) { return Around(directory); },
                  [this](std::string_view path) { return Ask(FieldWriter().Add("resolve").Add(path).bytes()); }) {}

  void WillLookAt(std::string_view directory, std::string_view workspace) override {
    if (directory.starts_with('/')) ahead_ = NormalizePath(directory, "/");
    project_ahead_ = workspace;
  }
  // Each question costs two changes of process, so what is sure to be asked next goes along.
  SessionFacts Facts(std::string_view session) override {
    FieldWriter questions;
    questions.Add(FieldWriter().Add("facts").Add(session).bytes());
    for (const char* kind : {"shields", "likely-pins"}) questions.Add(FieldWriter().Add(kind).Add("/").bytes());
    if (!ahead_.empty()) questions.Add(FieldWriter().Add("around").Add(ahead_).bytes());
    if (!project_ahead_.empty()) questions.Add(FieldWriter().Add("project").Add(project_ahead_).bytes());
    if (!WriteAll(fd_, questions.bytes())) _exit(3);
    const std::optional<std::string> bytes = TakeAnswer();
    shields_bytes_ = TakeAnswer();
    likely_pins_ = TakeAnswer();
    if (!ahead_.empty()) {
      const std::optional<std::string> around = TakeAnswer();
      resolver_.Learn(ahead_, around ? Surroundings::Decode(*around) : std::nullopt);
    }
    if (!project_ahead_.empty()) project_ = TakeAnswer();
    std::optional<SessionFacts> facts = bytes ? SessionFacts::Decode(*bytes) : std::nullopt;
    if (!facts) _exit(3);  // without the facts there is no judgement
    return *std::move(facts);
  }
  Result<ShieldsInForce> Shields() override {
    if (!shields_bytes_) return Error{Error::Kind::kInternal, "nobody here knows what is in force"};
    FieldReader r(*shields_bytes_);
    const std::string error(r.Text());
    if (!error.empty()) return Error{Error::Kind::kInvalid, error};
    const std::string_view chosen = r.Text();
    if (chosen.empty() && r.AtEnd()) {  // nobody may say what is installed: all that are compiled in
      all_shields_.emplace(advisories::Machine{});
      return ShieldsInForce{all_shields_->enforced(), nullptr};
    }
    shields_ = advisories::ChosenShields::From(chosen);
    if (!shields_) return Error{Error::Kind::kInternal, "what is in force was not told whole"};
    return ShieldsInForce{shields_->enforced(), shields_->with_trial()};
  }
  Result<ProjectTexts> Project(std::string_view workspace) override {
    // Never from a listing: under `run` that is of the agent's copy, and what forbids is the person's.
    const std::optional<std::string> bytes = workspace == project_ahead_ ? project_ : Ask(FieldWriter().Add("project").Add(workspace).bytes());
    if (!bytes) return Error{Error::Kind::kIo, "they cannot be asked for"};
    FieldReader r(*bytes);
    const std::string error(r.Text());
    if (!error.empty()) return Error{Error::Kind::kInvalid, error};
    ProjectTexts project;
    project.settings = r.Text();
    while (r.ok() && !r.AtEnd()) {
      std::string file(r.Text());
      project.policies.push_back({std::move(file), std::string(r.Text())});
    }
    if (!r.ok()) return Error{Error::Kind::kInternal, "no whole answer"};
    return project;
  }
  bool HoldsDeclared(std::string_view directory, const DeclaredPlaces& places, std::string_view workspace) override {
    const std::optional<std::string> answer = Ask(FieldWriter().Add("declared").Add(directory).Add(workspace).AddList(places.Written()).bytes());
    return answer != "none";  // a question too many is answered "not known": it may be there
  }
  advisories::PinReport Pins(std::string_view workspace) override {
    if (likely_pins_) {
      FieldReader r(*likely_pins_);
      if (r.Text() == workspace)
        if (std::optional<advisories::PinReport> report = DecodePins(r.Text())) return *std::move(report);
    }
    const std::optional<std::string> bytes = Ask(FieldWriter().Add("pins").Add(workspace.empty() ? "/" : workspace).bytes());
    std::optional<advisories::PinReport> report = bytes ? DecodePins(*bytes) : std::nullopt;
    if (!report) _exit(3);  // what is not known to be approved must not count as such
    return *std::move(report);
  }
  std::vector<advisories::ConfigText> Configs(agent::Client client, std::string_view workspace) override {
    const std::optional<std::string> bytes = Ask(FieldWriter().Add("configs").Add(workspace.empty() ? "/" : workspace).Add(agent::ClientName(client)).bytes());
    std::optional<std::vector<advisories::ConfigText>> texts = bytes ? DecodeConfigs(*bytes) : std::nullopt;
    if (!texts) _exit(3);
    return *std::move(texts);
  }
  Result<Digest> ToolsOf(const advisories::Server& server, std::string_view workspace) override {
    FieldWriter question;
    question.Add("tools").Add(workspace.empty() ? "/" : workspace).Add(server.command).Add(server.cwd).AddList(server.args);
    for (const auto& [name, value] : server.env) question.Add(name).Add(value);
    const std::optional<std::string> bytes = Ask(question.bytes());
    if (!bytes) return Error{Error::Kind::kInternal, "nobody here can ask it"};
    FieldReader r(*bytes);
    const std::string error(r.Text());
    if (!error.empty()) return Error{Error::Kind::kInvalid, error};
    Digest tools{};
    if (!r.Bytes(tools)) return Error{Error::Kind::kInternal, "no whole answer"};
    return tools;
  }
  std::optional<std::string> Resolve(std::string_view path) override { return resolver_.Resolve(path); }
  std::optional<std::string> Read(std::string_view path, size_t cap) override {
    return Ask(FieldWriter().Add("read").Add(path).AddNumber(static_cast<int64_t>(cap)).bytes());
  }

 private:
  std::optional<std::string> Ask(const std::string& question) {
    if (!Send(fd_, question)) _exit(3);
    return TakeAnswer();
  }
  std::optional<std::string> TakeAnswer() {
    const std::optional<std::string> answer = Receive(fd_);
    if (!answer) _exit(3);
    FieldReader r(*answer);
    if (r.Text() != "yes") return std::nullopt;
    return std::string(r.Text());
  }
  std::optional<Surroundings> Around(const std::string& directory) {
    const std::optional<std::string> answer = Ask(FieldWriter().Add("around").Add(directory).bytes());
    return answer ? Surroundings::Decode(*answer) : std::nullopt;
  }
  int fd_;
  std::string ahead_;          // the directory whose surroundings are asked for together with the facts
  std::string project_ahead_;  // the workspace whose policies are, too; "" for none
  std::optional<std::string> project_;  // the answer
  PathResolver resolver_;
  std::optional<std::string> shields_bytes_, likely_pins_;
  std::optional<advisories::ChosenShields> shields_;
  std::optional<advisories::LiveShields> all_shields_;
};

[[noreturn]] void Child(int fd, const Submission& submission, const JudgeSetup& setup) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Nothing but the socket stays open: a child that is taken over must find no log and no client to write to.
  if (fd > 0 && close_range(0, static_cast<unsigned>(fd) - 1, 0) != 0) _exit(4);
  if (close_range(static_cast<unsigned>(fd) + 1, ~0u, 0) != 0) _exit(4);
#if !defined(__SANITIZE_ADDRESS__)  // the sanitizer's runtime makes calls that the lock kills; the release build's tests run locked
  if (!sandbox::InstallParserFilter()) _exit(4);
#endif
  Asking outside(fd);
  const Judgement judgement = Judge(submission, setup, outside);
  _exit(Send(fd, FieldWriter().Add("done").Add(judgement.Encode()).bytes()) ? 0 : 3);
}

}  // namespace

// The parent's side: takes bytes as they come, answers whole messages, until "done".
class JudgeTask::Answering {
 public:
  Answering(Fd fd, const Oracle& oracle, std::function<void()> meanwhile) : fd_(std::move(fd)), oracle_(oracle), meanwhile_(std::move(meanwhile)) {}
  int fd() const { return fd_.get(); }

  // Reads once. The child's judgement, why there is none, or nothing yet.
  std::optional<Result<Judgement>> Step() {
    char buffer[65536];
    const ssize_t n = recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return std::nullopt;
    if (n <= 0) return Error{Error::Kind::kInternal, "the analysis ended without an answer"};
    pending_.append(buffer, static_cast<size_t>(n));
    if (pending_.size() > kMaxMessageBytes) return Error{Error::Kind::kLimit, "the analysis said too much"};
    while (std::optional<std::string> message = NextMessage()) {
      FieldReader r(*message);
      if (r.Text() != "done") {
        Answer(*message);
        continue;
      }
      std::optional<Judgement> judgement = Judgement::Decode(r.Text());
      if (!judgement || !r.AtEnd()) return Error{Error::Kind::kInternal, "the analysis gave no whole answer"};
      return *std::move(judgement);
    }
    // A child that is gone shows at the next read; one that reads nothing is given up after a while (SO_SNDTIMEO).
    if (!answers_.empty() && !WriteAll(fd_.get(), answers_)) return Error{Error::Kind::kInternal, "the analysis does not listen"};
    answers_.clear();
    if (meanwhile_) std::exchange(meanwhile_, {})();
    return std::nullopt;
  }

 private:
  std::optional<std::string> NextMessage() {
    FieldReader r(pending_);
    const std::string message(r.Text());
    if (!r.ok()) return std::nullopt;
    pending_.erase(0, 4 + message.size());
    return message;
  }

  void Answer(const std::string& question) {
    FieldReader r(question);
    const std::string_view kind = r.Text();
    const std::string_view subject = r.Text();
    std::optional<std::string> answer;
    if (kind == "facts") {
      answer = oracle_.facts(subject).Encode();
    } else if (++questions_ > kMaxQuestions || !subject.starts_with('/') || subject.find('\0') != std::string_view::npos) {
      answer = std::nullopt;
    } else if (kind == "shields" && oracle_.shields) {
      answer = ShieldsAnswer(oracle_.shields());
    } else if (kind == "likely-pins" && oracle_.likely_pins) {
      if (const auto likely = oracle_.likely_pins()) answer = FieldWriter().Add(likely->first).Add(EncodePins(likely->second)).bytes();
    } else if (kind == "project") {
      answer = ProjectAnswer(std::string(subject));
    } else if (kind == "pins" && oracle_.pins) {
      answer = EncodePins(oracle_.pins(subject == "/" ? "" : std::string(subject)));
    } else if (kind == "configs") {
      const std::string_view client = r.Text();
      answer = EncodeConfigs(ReadConfigs(*oracle_.world, oracle_.home, subject == "/" ? "" : std::string(subject), client));
    } else if (kind == "tools" && oracle_.tools) {
      answer = ToolsAnswer(r, subject == "/" ? "" : std::string(subject));
    } else if (kind == "declared") {
      answer = DeclaredAnswer(r, subject);
    } else if (kind == "around") {
      if (const std::optional<Surroundings> around = oracle_.world->Around(subject)) answer = around->Encode();
    } else if (kind == "resolve") {
      answer = oracle_.world->Resolve(subject);
    } else if (kind == "read") {
      const int64_t cap = r.Number();
      answer = oracle_.world->Read(subject, std::min<size_t>(static_cast<size_t>(std::max<int64_t>(cap, 0)), kMaxScriptBytes));
    }
    FieldWriter w;
    if (answer) {
      w.Add("yes").Add(*answer);
    } else {
      w.Add("no");
    }
    answers_ += FieldWriter().Add(w.bytes()).bytes();
  }

  static std::string ShieldsAnswer(const Result<std::string>& bytes) {
    return FieldWriter().Add(bytes ? std::string_view() : std::string_view(bytes.error().text)).Add(bytes ? std::string_view(*bytes) : std::string_view()).bytes();
  }

  // The error or "", then the digest. The child chose what is started: it runs in a sandbox without a network, and nothing of it is kept.
  std::string ToolsAnswer(FieldReader& r, const std::string& workspace) {
    advisories::Server server;
    server.command = r.Text();
    server.cwd = r.Text();
    server.args = r.List();
    while (r.ok() && !r.AtEnd()) {
      std::string name(r.Text());
      server.env.emplace_back(std::move(name), std::string(r.Text()));
    }
    const Result<Digest> tools = r.ok() ? oracle_.tools(server, workspace) : Result<Digest>(Error{Error::Kind::kInternal, "no whole question"});
    FieldWriter w;
    w.Add(tools ? std::string_view() : std::string_view(tools.error().text));
    if (tools) w.Add(AsText(*tools));
    return w.bytes();
  }

  // The patterns are the person's and the project's, read by the child; one that it could not have had is no reason to look.
  std::string DeclaredAnswer(FieldReader& r, std::string_view directory) const {
    const std::string workspace(r.Text());
    DeclaredPlaces places;
    for (const std::string& pattern : r.List())
      if (!places.Add(pattern, DeclaredPlaces::From::kPerson)) return "some";
    return r.AtEnd() && !oracle_.world->HoldsDeclared(directory, places, oracle_.home, workspace) ? "none" : "some";
  }

  // The error or "", its settings, then file and text in turn. Only read: whatever a repository holds is parsed in the locked child.
  std::string ProjectAnswer(const std::string& workspace) const {
    const ActingAs user(oracle_.world->caller());
    const Result<ProjectTexts> project = user.ok() ? ReadProject(workspace) : Result<ProjectTexts>(Error{Error::Kind::kDenied, workspace + ": cannot be looked at as its user"});
    FieldWriter w;
    w.Add(project ? std::string_view() : std::string_view(project.error().text));
    if (!project) return w.bytes();
    w.Add(project->settings);
    for (const policy::PolicySet::Text& text : project->policies) w.Add(text.file).Add(text.text);
    return w.bytes();
  }

  Fd fd_;
  const Oracle& oracle_;
  std::function<void()> meanwhile_;
  std::string pending_;
  std::string answers_;
  int questions_ = 0;
};

JudgeTask::JudgeTask(const Submission& submission, const JudgeSetup& setup, Oracle oracle, int deadline_ms, std::function<void()> meanwhile)
    : event_name_(submission.event_name), client_(submission.client), deadline_ns_(MonotonicNanos() + int64_t{deadline_ms} * 1'000'000), oracle_(std::move(oracle)) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
    failure_ = SystemError("socketpair", errno).text;
    return;
  }
  Fd ours(pair[0]);
  const Fd theirs(pair[1]);
  setsockopt(ours.get(), SOL_SOCKET, SO_SNDTIMEO, &kListenWithin, sizeof kListenWithin);
  pid_ = fork();
  if (pid_ == 0) {
    close(ours.Release());
    Child(theirs.get(), submission, setup);
  }
  if (pid_ < 0) {
    failure_ = SystemError("fork", errno).text;
    return;
  }
  answering_ = std::make_unique<Answering>(std::move(ours), oracle_, std::move(meanwhile));
  if (oracle_.ahead) oracle_.ahead();
}

JudgeTask::~JudgeTask() { (void)End("given up"); }

int JudgeTask::fd() const { return answering_ ? answering_->fd() : -1; }

std::optional<Judgement> JudgeTask::Step() {
  if (!answering_) return Refused(End(failure_.empty() ? "asked twice" : failure_));
  std::optional<Result<Judgement>> judgement = answering_->Step();
  if (!judgement && MonotonicNanos() >= deadline_ns_) judgement = Error{Error::Kind::kLimit, "the analysis took too long"};
  if (!judgement) return std::nullopt;
  return judgement->ok() ? std::move(*judgement).take() : Refused(End(judgement->error().text));
}

std::optional<Judgement> JudgeTask::Unbelieved() {
  std::string why = End("");
  if (why.empty()) return std::nullopt;
  return Refused(std::move(why));
}

// Waits for the child; `why` it is not believed, or what its end says.
std::string JudgeTask::End(std::string why) {
  // Whoever has answered ends at once. One that has closed its socket and ends otherwise than by itself was taken over.
  pollfd gone{fd(), POLLIN, 0};
  if (answering_ && why.empty() && poll(&gone, 1, kEndWithinMs) <= 0) why = "the analysis answered and did not end";
  answering_.reset();
  const pid_t pid = std::exchange(pid_, -1);
  if (pid <= 0) return why;
  kill(pid, SIGKILL);  // changes nothing in one that is ending
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (why.empty() && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) why = "the analysis answered and then failed";
  if (!why.empty() && WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL) why += " (signal " + std::to_string(WTERMSIG(status)) + ")";
  return why;
}

Judgement JudgeTask::Refused(std::string why) const {
  Judgement refused;
  refused.client = client_;
  refused.event = event_name_;
  refused.refusal = std::move(why);
  refused.failed_itself = true;
  return refused;
}

}  // namespace checkrein::monitor
