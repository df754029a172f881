#include "effect/reconcile.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace checkrein {
namespace {

// What a person would be told first stands first. Points follow from what the surprise can cost: 30 alone is "some", two are "high".
constexpr ReasonRule kRules[] = {
    {"unpermitted", "happened, and policy does not allow it", 40, 40, 3},
    {"ran-denied", "ran although it was denied", 60, 60, 1},
    {"denied-attempt", "tried what the sandbox stopped", 20, 20, 3},
    {"unpredicted-privilege", "gained a privilege that was not predicted", 40, 30, 2},
    {"unpredicted-connect", "contacted a host that was not predicted", 30, 20, 3},
    {"unpredicted-push", "sent something out that was not predicted", 30, 20, 2},
    {"unpredicted-delete", "deleted what was not predicted", 15, 4, 4},
    {"unpredicted-write", "wrote where it was not predicted", 10, 2, 4},
    {"unpredicted-exec", "ran a program that was not predicted", 10, 2, 4},
    {"unpredicted-read", "read what was not predicted", 5, 1, 4},
    {"unpredicted-other", "did what was not predicted", 10, 5, 3},
    {"beyond-claim", "does more than the model said", 10, 10, 3},
    {"claimed-absent", "the model said so, and nothing of the kind was seen", 5, 5, 2},
    {"predicted-absent", "predicted, and not seen although it would have been", 3, 1, 3},
};

const ReasonRule& RuleFor(std::string_view id) {
  return *std::find_if(std::begin(kRules), std::end(kRules), [id](const ReasonRule& rule) { return rule.id == id; });
}

std::string_view UnpredictedId(Op op) {
  switch (op) {
    case Op::kPrivilege: return "unpredicted-privilege";
    case Op::kConnect: return "unpredicted-connect";
    case Op::kPush: return "unpredicted-push";
    case Op::kDelete: return "unpredicted-delete";
    case Op::kWrite: return "unpredicted-write";
    case Op::kExec: return "unpredicted-exec";
    case Op::kRead: return "unpredicted-read";
    default: return "unpredicted-other";
  }
}

struct Word {
  std::string_view word;
  Op op;
};
// Verbs as models use them to announce a call; each also counts with -s, -es, -ed, -d and -ing behind it.
constexpr Word kWords[] = {
    {"read", Op::kRead},      {"look", Op::kRead},       {"view", Op::kRead},       {"inspect", Op::kRead},  {"list", Op::kRead},      {"search", Op::kRead},    {"find", Op::kRead},
    {"examine", Op::kRead},   {"review", Op::kRead},     {"explor", Op::kRead},     {"display", Op::kRead},  {"show", Op::kRead},      {"check", Op::kRead},     {"print", Op::kRead},
    {"write", Op::kWrite},    {"creat", Op::kWrite},     {"edit", Op::kWrite},      {"updat", Op::kWrite},   {"fix", Op::kWrite},      {"chang", Op::kWrite},    {"modif", Op::kWrite},
    {"add", Op::kWrite},      {"generat", Op::kWrite},   {"sav", Op::kWrite},       {"format", Op::kWrite},  {"renam", Op::kWrite},    {"mov", Op::kWrite},      {"cop", Op::kWrite},
    {"refactor", Op::kWrite}, {"implement", Op::kWrite}, {"replac", Op::kWrite},    {"commit", Op::kWrite},  {"extract", Op::kWrite},  {"delet", Op::kDelete},   {"remov", Op::kDelete},
    {"clean", Op::kDelete},   {"eras", Op::kDelete},     {"purg", Op::kDelete},     {"run", Op::kExec},      {"execut", Op::kExec},    {"build", Op::kExec},     {"compil", Op::kExec},
    {"test", Op::kExec},      {"start", Op::kExec},      {"launch", Op::kExec},     {"lint", Op::kExec},     {"download", Op::kConnect}, {"fetch", Op::kConnect}, {"upload", Op::kConnect},
    {"clon", Op::kConnect},   {"request", Op::kConnect}, {"curl", Op::kConnect},    {"pull", Op::kConnect},  {"install", Op::kInstall}, {"upgrad", Op::kInstall}, {"push", Op::kPush},
    {"publish", Op::kPush},   {"deploy", Op::kPush},     {"releas", Op::kPush},
};

bool Announces(std::string_view spoken, std::string_view verb) {
  if (!spoken.starts_with(verb)) return false;
  std::string_view rest = spoken.substr(verb.size());
  if (!rest.empty() && rest.front() == verb.back()) rest.remove_prefix(1);  // running
  for (const std::string_view ending : {"", "s", "es", "e", "ed", "d", "ing", "y", "ies", "ied", "ying"}) {
    if (rest == ending) return true;
  }
  return false;
}

// What a claim must name to be beyond reproach; reading and running are implied by nearly all that agents do.
constexpr Op kMustBeSaid[] = {Op::kDelete, Op::kConnect, Op::kPrivilege, Op::kInstall, Op::kPush, Op::kConfigure};

// Operations that bring another with them: whoever installs or pushes contacts a host, and so on.
bool Implies(Op said, Op done) {
  if (said == done) return true;
  if (done == Op::kConnect) return said == Op::kInstall || said == Op::kPush;
  if (done == Op::kPush) return said == Op::kConnect;
  if (done == Op::kInstall) return said == Op::kExec;
  if (done == Op::kDelete) return said == Op::kWrite;
  return done == Op::kConfigure && (said == Op::kWrite || said == Op::kInstall);
}

// What observation can fulfil what was announced.
bool Fulfils(Op seen, Op said) {
  return seen == said || (said == Op::kWrite && seen == Op::kDelete) || (said == Op::kDelete && seen == Op::kWrite);
}

class Sum {
 public:
  explicit Sum(Coverage coverage) : open_(coverage != Coverage::kFull) {}
  void Add(std::string_view id, std::string evidence) {
    const ReasonRule& rule = RuleFor(id);
    auto at = std::find_if(reasons_.begin(), reasons_.end(), [&](const Reason& reason) { return reason.rule == &rule; });
    if (at == reasons_.end()) at = reasons_.insert(reasons_.end(), {&rule, 0, {}});
    at->evidence.push_back(std::move(evidence));
    if (static_cast<int>(at->evidence.size()) <= rule.most) at->points += open_ ? rule.points_open : rule.points;
  }
  std::vector<Reason> take() && {
    std::stable_sort(reasons_.begin(), reasons_.end(), [](const Reason& a, const Reason& b) { return a.points != b.points ? a.points > b.points : a.rule < b.rule; });
    return std::move(reasons_);
  }

 private:
  bool open_;
  std::vector<Reason> reasons_;
};

}  // namespace

std::span<const ReasonRule> ReasonRules() { return kRules; }

std::string_view DiffersName(Differs differs) {
  constexpr std::string_view kNames[] = {"high", "some", "little", "nothing"};
  return kNames[static_cast<size_t>(differs)];
}

std::vector<Op> ClaimedOps(std::string_view text) {
  std::vector<Op> out;
  std::string word;
  for (size_t at = 0; at <= text.size(); ++at) {
    const char c = at < text.size() ? text[at] : ' ';
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      word += static_cast<char>(c | 0x20);
      continue;
    }
    for (const Word& known : kWords) {
      if (Announces(word, known.word) && std::find(out.begin(), out.end(), known.op) == out.end()) out.push_back(known.op);
    }
    word.clear();
  }
  std::sort(out.begin(), out.end());
  return out;
}

Differs Reconciled::differs() const {
  return score >= kHighScore ? Differs::kHigh : score >= kSomeScore ? Differs::kSome : score > 0 ? Differs::kLittle : Differs::kNothing;
}

Reconciled Reconcile(const Accounts& a) {
  Reconciled out;
  out.divergence = Subtract(a.predicted, a.observed, a.seen);
  out.lossy = a.lost > 0;
  for (const Op op : {Op::kRead, Op::kWrite, Op::kDelete, Op::kExec, Op::kConnect, Op::kListen, Op::kPrivilege}) {
    if (std::find(a.seen.begin(), a.seen.end(), op) == a.seen.end()) out.unseen.push_back(op);
  }
  Sum sum(a.coverage);
  if (!a.permitted && a.ran) sum.Add("ran-denied", "denied, and it ran");
  for (const Effect& effect : a.unpermitted) sum.Add("unpermitted", ToString(effect));
  for (const Effect& effect : a.denied) sum.Add("denied-attempt", ToString(effect));
  for (const Effect& effect : out.divergence.unpredicted) sum.Add(UnpredictedId(effect.op), ToString(effect));
  if (const std::vector<Op> said = ClaimedOps(a.claim); !said.empty()) {
    std::vector<Op> done;  // predicted or observed
    for (const EffectSet* set : {&a.predicted, &a.observed}) {
      for (const Effect& effect : set->all()) done.push_back(effect.op);
    }
    for (const Op op : kMustBeSaid) {
      const bool does = std::find(done.begin(), done.end(), op) != done.end();
      if (does && std::none_of(said.begin(), said.end(), [op](Op s) { return Implies(s, op); })) sum.Add("beyond-claim", std::string(OpName(op)));
    }
    for (const Op op : said) {
      const bool visible = a.ran && a.lost == 0 && std::find(a.seen.begin(), a.seen.end(), op) != a.seen.end();
      if (visible && std::none_of(a.observed.all().begin(), a.observed.all().end(), [op](const Effect& e) { return Fulfils(e.op, op); })) sum.Add("claimed-absent", std::string(OpName(op)));
    }
  }
  if (a.ran && a.lost == 0) {
    for (const Effect& effect : out.divergence.absent) sum.Add("predicted-absent", ToString(effect));
  }
  out.reasons = std::move(sum).take();
  out.score = std::accumulate(out.reasons.begin(), out.reasons.end(), 0, [](int total, const Reason& reason) { return total + reason.points; });
  return out;
}

}  // namespace checkrein
