#include "cli/gate_bucket_proof.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/ascii.h"
#include "proof/solvers.h"
#include "proof/term.h"
#include "release/storage/request.h"
#include "release/storage/storage.h"

namespace checkrein::cli {
namespace {

using proof::Sort;
using proof::TermId;
using proof::Terms;
using release::BucketAction;
using release::BucketRequest;
using release::KeyOf;
using release::PolicyStatement;
using release::PolicyTest;

constexpr proof::Limits kLimits{.query_ms = 5'000, .total_ms = 20'000, .memory_bytes = uint64_t{1} << 30};
constexpr uint32_t kSomewhere = 0xC6336407;   // 198.51.100.7, of addresses for documentation
constexpr std::string_view kPrintable = "(re.* (re.range \" \" \"~\"))";
constexpr std::string_view kKeyCharacters = "(re.+ (re.union (re.range \"a\" \"z\") (re.range \"A\" \"Z\") (re.range \"0\" \"9\") (str.to_re \"/\") (str.to_re \".\") (str.to_re \"-\") (str.to_re \"_\")))";

// One stranger and what it may send, as unknowns; statements as formulas over them.
class Question {
 public:
  Question(const std::vector<PolicyStatement>& statements, std::string bucket, bool anonymous)
      : statements_(statements), bucket_(std::move(bucket)), anonymous_(anonymous), actions_(release::BucketActions()) {
    action_ = terms_.Apply("action", {}, Sort::Bits(8));
    object_ = terms_.Apply("object", {}, Sort::Text());
    address_ = terms_.Apply("address", {}, Sort::Bits(32));
    secure_ = terms_.Apply("secure", {}, Sort::Bool());
  }

  Terms& terms() { return terms_; }
  TermId Permitted() {
    std::vector<TermId> allowed, denied;
    for (const PolicyStatement& statement : statements_) (statement.allow ? allowed : denied).push_back(Applies(statement));
    return terms_.And(terms_.Or(std::move(allowed)), terms_.Not(terms_.Or(std::move(denied))));
  }
  // What is so of every stranger; after Permitted, which finds the keys.
  TermId Facts() {
    std::vector<TermId> all{terms_.Matches(object_, kKeyCharacters), terms_.Op("bvult", {action_, terms_.Bits(8, actions_.size())}, Sort::Bool())};
    for (const auto& [key, unknown] : keys_) {
      all.push_back(terms_.Matches(unknown.text, kPrintable));
      if (release::WhoseKey(key) != KeyOf::kCaller) continue;
      if (anonymous_) all.push_back(terms_.Not(unknown.there));   // nobody has called
      for (const std::string& value : literals_[key]) all.push_back(terms_.Not(terms_.Equal(unknown.text, terms_.Text(value))));
    }
    for (const std::string& cidr : networks_) {   // what is private enough is not where strangers are
      if (const auto network = release::ReadNetwork(cidr); network && release::IsFixedCidr(cidr)) all.push_back(terms_.Not(Within(*network)));
    }
    return terms_.And(std::move(all));
  }
  // What makes a request easier to read, when it may be so.
  std::vector<std::string> Simpler() {
    std::vector<std::string> out;
    for (const TermId id : terms_.DefinedApplications()) {
      const std::string name = terms_.Name(id), head = terms_[id].head;
      if (head == "secure") out.push_back(name);
      else if (head == "action") out.push_back("(= " + name + " " + terms_[terms_.Bits(8, 0)].head + ")");
      else if (head == "address") out.push_back("(= " + name + " " + terms_[terms_.Bits(32, kSomewhere)].head + ")");
      else if (head == "object") out.push_back("(= " + name + " \"any-key\")");
      else if (head.starts_with("there:")) out.push_back("(not " + name + ")");
      else if (head.starts_with("value:")) out.push_back("(= (str.len " + name + ") 0)");
    }
    return out;
  }
  std::optional<BucketRequest> Read(const proof::Model& model) const {
    const auto bits = [&](const char* key) {
      uint64_t out = 0;
      for (const char c : Value(model, key, "")) out = out << 1 | (c == '1' ? 1u : 0u);
      return out;
    };
    const uint64_t action = bits("action");
    if (action >= actions_.size()) return std::nullopt;
    BucketRequest out;
    out.anonymous = anonymous_;
    out.action = actions_[action].name;
    out.resource = Arn() + (actions_[action].on_objects ? "/" + Value(model, "object", "any-key") : "");
    out.address = model.Find("address", {}) == nullptr ? kSomewhere : static_cast<uint32_t>(bits("address"));
    out.context["aws:securetransport"] = Value(model, "secure", "true");
    for (const auto& [key, unknown] : keys_) {
      if (Value(model, "there:" + key, "false") == "true") out.context[key] = Value(model, "value:" + key, "");
    }
    return out;
  }

 private:
  struct Unknown {
    TermId there = 0, text = 0;
  };
  static std::string Value(const proof::Model& model, const std::string& key, const std::string& otherwise) {
    const std::string* found = model.Find(key, {});
    return found == nullptr ? otherwise : *found;
  }
  std::string Arn() const { return "arn:aws:s3:::" + bucket_; }
  TermId Within(const release::Network& network) {
    const uint32_t mask = network.bits == 0 ? 0 : ~uint32_t{0} << (32 - network.bits);
    return terms_.Equal(terms_.Op("bvand", {address_, terms_.Bits(32, mask)}, Sort::Bits(32)), terms_.Bits(32, network.address & mask));
  }
  std::string Regex(std::string_view pattern, bool wild, bool ignore_case) {
    std::string out = "(re.++ (str.to_re \"\") (str.to_re \"\")";
    std::string plain;
    const auto flush = [&] {
      if (!plain.empty()) out += " (str.to_re " + terms_[terms_.Text(plain)].head + ")";
      plain.clear();
    };
    for (const char c : pattern) {
      const char lower = AsciiLower(c);
      if (wild && c == '*') flush(), out += " (re.* re.allchar)";
      else if (wild && c == '?') flush(), out += " re.allchar";
      else if (ignore_case && lower >= 'a' && lower <= 'z') flush(), out += std::string(" (re.union (str.to_re \"") + lower + "\") (str.to_re \"" + static_cast<char>(lower - 32) + "\"))";
      else plain += c;
    }
    flush();
    return out + ")";
  }
  TermId Holds(const PolicyTest& test) {
    const bool address = test.key == "aws:sourceip", transport = test.key == "aws:securetransport";
    Unknown unknown;
    if (!address && !transport) {
      const auto [at, fresh] = keys_.try_emplace(test.key);
      if (fresh) at->second = {terms_.Apply("there:" + test.key, {}, Sort::Bool()), terms_.Apply("value:" + test.key, {}, Sort::Text())};
      unknown = at->second;
    }
    const TermId there = address || transport ? terms_.True() : unknown.there;
    if (test.kind == PolicyTest::Kind::kNull) {
      std::vector<TermId> any;
      for (const std::string& value : test.values) any.push_back(value == "true" || value == "True" || value == "TRUE" ? terms_.Not(there) : there);
      return terms_.Or(std::move(any));
    }
    std::vector<TermId> any;
    for (const std::string& value : test.values) {
      if (address) {
        networks_.insert(value);
        if (const auto network = release::ReadNetwork(value)) any.push_back(Within(*network));
      } else if (transport) {
        any.push_back(value == "true" || value == "True" ? secure_ : value == "false" || value == "False" ? terms_.Not(secure_) : terms_.False());
      } else if (test.patterns || test.ignore_case) {
        if (value.find_first_of("*?") == std::string::npos || !test.patterns) literals_[test.key].insert(value);
        any.push_back(terms_.Matches(unknown.text, Regex(value, test.patterns, test.ignore_case)));
      } else {
        literals_[test.key].insert(value);
        any.push_back(terms_.Equal(unknown.text, terms_.Text(value)));
      }
    }
    const TermId one = terms_.Or(std::move(any));
    const TermId holds = test.negated ? terms_.Not(one) : one;
    return test.if_exists || test.negated ? terms_.Or(terms_.Not(there), holds) : terms_.And(there, holds);
  }
  TermId Lies(const PolicyStatement& statement, const BucketAction& action) {
    std::vector<TermId> any;
    for (const std::string& pattern : statement.resources) {
      if (!action.on_objects) any.push_back(terms_.Bool(release::MatchesPattern(pattern, Arn())));
      else any.push_back(terms_.Matches(terms_.Op("str.++", {terms_.Text(Arn() + "/"), object_}, Sort::Text()), Regex(pattern, true, false)));
    }
    const TermId lies = terms_.Or(std::move(any));
    return statement.all_resources_but ? terms_.Not(lies) : lies;
  }
  TermId Applies(const PolicyStatement& statement) {
    if (!statement.strangers) return terms_.False();
    std::vector<TermId> acts;
    for (size_t i = 0; i < actions_.size(); ++i) {
      // Which actions a pattern means is told by the evaluator itself: no unknown is in it.
      PolicyStatement only = statement;
      only.tests.clear();
      only.resources = {"*"};
      only.all_resources_but = false;
      BucketRequest request;
      request.action = actions_[i].name;
      if (release::Applies(only, request)) acts.push_back(terms_.And(terms_.Equal(action_, terms_.Bits(8, i)), Lies(statement, actions_[i])));
    }
    std::vector<TermId> all{terms_.Or(std::move(acts))};
    for (const PolicyTest& test : statement.tests) all.push_back(Holds(test));
    return terms_.And(std::move(all));
  }

  const std::vector<PolicyStatement>& statements_;
  std::string bucket_;
  bool anonymous_;
  std::vector<BucketAction> actions_;
  Terms terms_;
  TermId action_, object_, address_, secure_;
  std::map<std::string, Unknown> keys_;
  std::map<std::string, std::set<std::string>> literals_;   // values that the policy names
  std::set<std::string> networks_;
};

std::string InWords(const BucketRequest& request) {
  std::string out = request.action + " on " + request.resource + (request.anonymous ? " without credentials" : " with any other AWS account") + ", from " + release::AddressText(request.address);
  for (const auto& [key, value] : request.context) {
    if (key == "aws:securetransport") out += value == "true" ? " by https" : " by http";
    else if (key == "aws:referer") out += ", with the header Referer: " + value;
    else if (key == "aws:useragent") out += ", with the header User-Agent: " + value;
    else out += ", where " + key + " is \"" + value + "\"";
  }
  return out;
}

// The bucket that the policy itself names, when nobody else does.
std::string NameIn(const std::vector<PolicyStatement>& statements) {
  constexpr std::string_view kArn = "arn:aws:s3:::";
  for (const PolicyStatement& statement : statements) {
    for (const std::string& resource : statement.resources) {
      const std::string name = resource.starts_with(kArn) ? resource.substr(kArn.size(), resource.find('/') - kArn.size()) : "";
      if (!name.empty() && name.find_first_of("*?") == std::string::npos) return name;
    }
  }
  return "BUCKET";
}

}  // namespace

PolicyProof ProvePolicy(const json::Value& policy, const std::string& bucket) {
  PolicyProof out;
  const Result<std::vector<PolicyStatement>> statements = release::ReadStatements(policy);
  if (!statements) {
    out.why = statements.error().text;
    return out;
  }
  Result<proof::Solvers> solvers = proof::Solvers::Start(proof::DebianSolvers(), kLimits);
  if (!solvers) {
    out.why = solvers.error().text;
    return out;
  }
  out.solvers = solvers->Names();
  for (const bool anonymous : {true, false}) {
    Question question(*statements, bucket.empty() ? NameIn(*statements) : bucket, anonymous);
    const TermId permitted = question.Permitted();
    solvers->Begin(&question.terms());
    solvers->Assume(question.Facts());
    const proof::Answer answer = solvers->Check(permitted);
    if (answer.kind == proof::Answer::Kind::kUnsat) continue;
    if (answer.kind != proof::Answer::Kind::kSat) {
      out.why = "the solvers do not tell: " + answer.why;
      return out;
    }
    for (const std::string& simpler : question.Simpler()) solvers->Prefer(answer, simpler);
    const Result<proof::Model> model = solvers->ReadModel(answer);
    const std::optional<BucketRequest> request = model ? question.Read(*model) : std::nullopt;
    if (!request || !release::Permits(*statements, *request)) {
      out.why = "what the solvers found is not permitted when it is tried";
      return out;
    }
    out.kind = PolicyProof::Kind::kPossible;
    out.request = InWords(*request);
    return out;
  }
  out.kind = PolicyProof::Kind::kImpossible;
  return out;
}

}  // namespace checkrein::cli
