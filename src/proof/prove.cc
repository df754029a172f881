#include "proof/prove.h"

#include <algorithm>
#include <optional>

#include "cedar/authorize.h"
#include "cedar/parser.h"

namespace checkrein::proof {
namespace {

using PK = Property::Kind;

// A copy of the request whose context has `field` at `value`.
Asked WithField(const Asked& asked, const std::string& field, TermId value) {
  Asked out = asked;
  for (SymbolField& f : out.context.fields)
    if (f.name == field && f.value.kind == Symbol::Kind::kBool) f.value.term = value;
  return out;
}

bool HasBoolean(const RequestKind& kind, const std::string& field) {
  const cedar::TypeAttribute* a = kind.action->context->Find(field);
  return a != nullptr && a->required && a->type->is_bool();
}

bool Among(const std::vector<std::string>& list, std::string_view text) { return std::find(list.begin(), list.end(), text) != list.end(); }

}  // namespace

// All properties of one set, for one kind of request.
class KindProof {
 public:
  KindProof(Prover& prover, const cedar::PolicySet& set, const RequestKind& kind)
      : prover_(prover), solvers_(*prover.solvers_), set_(set), kind_(kind), universe_(prover.schema_, terms_), asked_(AskAnything(universe_, kind)), encoded_(Encode(universe_, set, asked_)) {}

  void Run(std::vector<Finding>& findings, std::vector<bool>& settled, std::vector<bool>& alive, Collect collect);

 private:
  struct Question {
    TermId broken;                       // when the property does not hold
    cedar::Record context;               // what the first request's context has in place of the model's
    std::optional<OtherRequest> other;
  };
  Question QuestionOf(const Property& property);
  Question DeclaredQuestion(const Property& property);
  TermId AllowedBy(const cedar::PolicySet& set, const Asked& asked) { return Encode(universe_, set, asked).allowed; }
  bool Begin(std::vector<Finding>& findings, const std::vector<bool>& settled);
  void Settle(const Question& question, Finding& finding);
  void LookForLife(Finding& finding, std::vector<bool>& alive);
  Answer Check(TermId claim) {
    ++prover_.questions_;
    return solvers_.Check(claim);
  }
  void Simplify(const Answer& answer);
  Result<Case> Read(const Answer& answer, const Question& question);
  Counterexample Explain(const Property& property, Case example) const;

  Prover& prover_;
  Solvers& solvers_;
  const cedar::PolicySet& set_;
  const RequestKind& kind_;
  Terms terms_;
  Universe universe_;
  Asked asked_;
  EncodedSet encoded_;
};

KindProof::Question KindProof::QuestionOf(const Property& p) {
  Question q{terms_.False(), {}, std::nullopt};
  switch (p.kind) {
    case PK::kNothingDead: return q;
    case PK::kNeverErrs: {
      std::vector<TermId> any;
      for (const EncodedPolicy& e : encoded_.policies) any.push_back(e.error);
      q.broken = terms_.Or(std::move(any));
      break;
    }
    case PK::kMustDeny: q.broken = encoded_.allowed; break;
    case PK::kMustAllow: q.broken = terms_.Not(encoded_.allowed); break;
    case PK::kImplies: q.broken = terms_.And(encoded_.allowed, terms_.Not(AllowedBy(*p.other, asked_))); break;
    case PK::kDisjoint: q.broken = terms_.And(encoded_.allowed, AllowedBy(*p.other, asked_)); break;
    case PK::kDeclared: return DeclaredQuestion(p);
    case PK::kNeverCosts: {
      if (!HasBoolean(kind_, p.field)) return q;
      const Asked without = WithField(asked_, p.field, terms_.False()), with = WithField(asked_, p.field, terms_.True());
      q.broken = terms_.And(AllowedBy(set_, without), terms_.Not(AllowedBy(set_, with)));
      if (p.envelope != nullptr) q.broken = terms_.And(q.broken, AllowedBy(*p.envelope, without));
      q.context.Put(p.field, false);
      q.other = OtherRequest{"", cedar::Record().Put(p.field, true), {}, {}};
      return q;
    }
  }
  if (p.envelope != nullptr) q.broken = terms_.And(q.broken, AllowedBy(*p.envelope, asked_));
  return q;
}

// The other request comes from a principal of another id that is the same in all else, and says nothing in the words at hand: what may be
// absent is absent, booleans are false, sets empty. What has no such neutral value may be anything else.
KindProof::Question KindProof::DeclaredQuestion(const Property& p) {
  Question q{terms_.False(), {}, OtherRequest{"other principal", {}, {}, {}}};
  const auto silent = [&](const SymbolField& said, const SymbolField& fresh) {
    SymbolField out = said;
    if (said.present != terms_.True()) out.present = terms_.False();
    if (said.value.kind == Symbol::Kind::kBool) out.value.term = terms_.False();
    if (said.value.kind == Symbol::Kind::kMask) out.value.term = terms_.Bits(terms_[said.value.term].sort.width, 0);
    if (said.value.kind == Symbol::Kind::kSet) out.value = universe_.MakeSet({});
    const bool neutral = said.present != terms_.True() || said.value.kind == Symbol::Kind::kBool || said.value.is_set();
    return neutral ? out : fresh;
  };
  Asked other = asked_;
  const cedar::EntityType& type = *prover_.schema_.FindEntityType(kind_.principal);
  static const std::vector<cedar::TypeAttribute> kNone;
  if (!type.is_enum) other.principal = universe_.Variable("other principal", kind_.principal);
  for (const cedar::TypeAttribute& a : type.attributes == nullptr ? kNone : type.attributes->attributes) {
    const auto mine = universe_.Attribute(asked_.principal, a.name), theirs = universe_.Attribute(other.principal, a.name);
    const SymbolField wanted = Among(p.words, a.name) ? silent(*mine, *theirs) : *mine;
    universe_.Hold(terms_.Equal(wanted.present, theirs->present));
    universe_.Hold(terms_.Implies(wanted.present, universe_.Same(wanted.value, theirs->value)));
  }
  for (SymbolField& field : other.context.fields) {
    if (!Among(p.words, field.name)) continue;
    const cedar::TypeAttribute* a = kind_.action->context->Find(field.name);
    const SymbolField said = field;
    field = silent(said, {field.name, terms_.True(), universe_.Unknown(a->type, AttributePath(kOtherContext, field.name), {})});
    if (said.present != terms_.True()) {
      q.other->without.push_back(field.name);
    } else if (said.value.kind == Symbol::Kind::kBool) {
      q.other->context.Put(field.name, false);
    } else if (said.value.is_set()) {
      q.other->context.Put(field.name, cedar::Set());
    } else {
      q.other->fresh.push_back(field.name);
    }
  }
  q.broken = terms_.And(encoded_.allowed, terms_.Not(AllowedBy(set_, other)));
  if (p.envelope != nullptr) q.broken = terms_.And(q.broken, AllowedBy(*p.envelope, asked_));
  universe_.SameParents(asked_.principal, other.principal);
  return q;
}

// Tells the solvers what holds of every request of this kind. False when that cannot be written.
bool KindProof::Begin(std::vector<Finding>& findings, const std::vector<bool>& settled) {
  if (prover_.world_ != nullptr)
    for (const EncodedPolicy& e : Encode(universe_, *prover_.world_, asked_).policies) universe_.Hold(terms_.Not(e.satisfied));
  const std::vector<TermId>& facts = universe_.Finish();
  if (universe_.failed()) {
    for (size_t i = 0; i < findings.size(); ++i)
      if (!settled[i]) findings[i].why = kind_.ToString() + ": not expressible yet: " + universe_.failed()->text;
    return false;
  }
  solvers_.Begin(&terms_);
  for (const TermId fact : facts) solvers_.Assume(fact);
  return true;
}

void KindProof::Run(std::vector<Finding>& findings, std::vector<bool>& settled, std::vector<bool>& alive, Collect collect) {
  std::vector<Question> questions;
  for (size_t i = 0; i < findings.size(); ++i) questions.push_back(settled[i] ? Question{terms_.False(), {}, std::nullopt} : QuestionOf(findings[i].property));
  if (!Begin(findings, settled)) return;
  // Mostly nothing is broken, and one question tells.
  std::vector<TermId> any;
  for (const Question& q : questions) any.push_back(q.broken);
  const TermId some = terms_.Or(std::move(any));
  bool all_hold = some == terms_.False();
  if (!all_hold) {
    all_hold = Check(some).kind == Answer::Kind::kUnsat;
    solvers_.Drop();
  }
  for (size_t i = 0; i < findings.size(); ++i) {
    if (settled[i]) continue;
    if (findings[i].property.kind == PK::kNothingDead) {
      LookForLife(findings[i], alive);
    } else if (!all_hold && questions[i].broken != terms_.False()) {
      Settle(questions[i], findings[i]);
      settled[i] = collect == Collect::kFirst && !findings[i].counterexamples.empty();
    }
  }
}

void KindProof::Settle(const Question& question, Finding& finding) {
  const Answer answer = Check(question.broken);
  if (answer.kind == Answer::Kind::kUnknown && finding.why.empty()) finding.why = kind_.ToString() + ": " + answer.why;
  if (answer.has_model) {
    Simplify(answer);
    Result<Case> example = Read(answer, question);
    if (!example) {
      finding.why = kind_.ToString() + ": " + example.error().text;
    } else if (!Breaks(finding.property, set_, prover_.world_, *example)) {
      finding.why = kind_.ToString() + ": fault of the encoder or the solver: the evaluator does not reproduce the counterexample";
    } else {
      finding.counterexamples.push_back(Explain(finding.property, std::move(*example)));
    }
  }
  solvers_.Drop();
}

// Marks the policies that some request of this kind satisfies.
void KindProof::LookForLife(Finding& finding, std::vector<bool>& alive) {
  const auto index = [this](const EncodedPolicy& e) { return static_cast<size_t>(e.policy - set_.policies().data()); };
  for (const EncodedPolicy& e : encoded_.policies) {
    if (alive[index(e)] || e.satisfied == terms_.False()) continue;
    const Answer answer = Check(e.satisfied);
    if (answer.kind == Answer::Kind::kUnknown && finding.why.empty()) finding.why = kind_.ToString() + ": " + e.policy->id + ": " + answer.why;
    if (answer.has_model) {
      const Result<Case> example = Read(answer, {terms_.False(), {}, std::nullopt});
      if (!example) finding.why = kind_.ToString() + ": " + example.error().text;
      // One request often wakes many policies.
      for (const EncodedPolicy& f : encoded_.policies) {
        if (!example || alive[index(f)]) continue;
        cedar::PolicySet alone;
        if (!alone.Add(*f.policy)) continue;
        alive[index(f)] = !cedar::Authorize(alone, example->request, example->entities).reasons.empty();
      }
      if (example && !alive[index(e)]) finding.why = kind_.ToString() + ": fault of the encoder or the solver: the evaluator does not find " + e.policy->id + " satisfied";
    }
    solvers_.Drop();
  }
}

// Fewer truths and smaller sets make a counterexample that is easier to read.
void KindProof::Simplify(const Answer& answer) {
  constexpr int kMaxTries = 60;
  const Result<Model> model = solvers_.ReadModel(answer);
  if (!model) return;
  int tries = 0;
  for (const TermId id : terms_.DefinedApplications()) {
    const Term& t = terms_[id];
    if (t.head.starts_with("exists") || t.head.starts_with("question") || t.head.starts_with("member")) continue;
    if (t.args.size() > 1 || (t.args.size() == 1 && terms_[t.args[0]].kind == Term::Kind::kOperation)) continue;
    const bool mask = t.sort.kind == Sort::Kind::kBits && t.sort.width != kIpBits && t.sort.width != 64 && t.sort.width != kCodeBits;
    if (t.sort.width == 64 && ++tries <= kMaxTries) {
      solvers_.Prefer(answer, "(= " + terms_.Name(id) + " " + terms_[terms_.Number(0)].head + ")") || solvers_.Prefer(answer, "(= " + terms_.Name(id) + " " + terms_[terms_.Number(1)].head + ")");
    } else if (t.sort.kind == Sort::Kind::kBool) {
      if (++tries <= kMaxTries) solvers_.Prefer(answer, "(not " + terms_.Name(id) + ")");
    } else if (mask) {
      if (++tries <= kMaxTries && solvers_.Prefer(answer, "(= " + terms_.Name(id) + " #b" + std::string(t.sort.width, '0') + ")")) continue;
      for (size_t bit = 0; bit < t.sort.width && tries < kMaxTries; ++bit, ++tries) {
        const std::string at = std::to_string(bit);
        solvers_.Prefer(answer, "(= ((_ extract " + at + " " + at + ") " + terms_.Name(id) + ") #b0)");
      }
    }
  }
}

Result<Case> KindProof::Read(const Answer& answer, const Question& question) {
  const Result<Model> model = solvers_.ReadModel(answer);
  if (!model) return model.error();
  return ReadCase(universe_, *model, kind_, question.context, question.other);
}

Counterexample KindProof::Explain(const Property& property, Case example) const {
  Counterexample out{kind_.ToString(), std::move(example), {}, {}, {}};
  const cedar::Entities& entities = out.example.entities;
  const auto note = [&out](const cedar::Response& r) {
    const bool allowed = r.decision == cedar::Decision::kAllow;
    for (const cedar::Policy* policy : r.reasons)
      if (auto& list = allowed ? out.permitted_by : out.refused_by; !Among(list, policy->id)) list.push_back(policy->id);
    for (const auto& error : r.errors)
      if (!Among(out.erring, error.policy->id)) out.erring.push_back(error.policy->id);
  };
  note(cedar::Authorize(set_, out.example.request, entities));
  const cedar::Response second = out.example.other      ? cedar::Authorize(set_, *out.example.other, entities)
                                 : property.other != nullptr ? cedar::Authorize(*property.other, out.example.request, entities)
                                                             : cedar::Response{};
  if (second.decision == cedar::Decision::kDeny || property.kind == PK::kDisjoint) note(second);
  return out;
}

std::vector<Finding> Prover::Prove(const cedar::PolicySet& set, const std::vector<Property>& properties, Collect collect) {
  std::vector<Finding> findings;
  for (const Property& p : properties) findings.push_back({p, Outcome::kNotProved, "", {}, {}});
  std::vector<bool> settled(properties.size(), false), alive(set.size(), false);
  for (const RequestKind& kind : RequestKinds(schema_)) KindProof(*this, set, kind).Run(findings, settled, alive, collect);
  for (Finding& f : findings) {
    if (f.property.kind == PK::kNothingDead)
      for (size_t i = 0; i < set.size(); ++i)
        if (!alive[i]) f.dead.push_back(set.policies()[i].id);
    const bool found = !f.counterexamples.empty() || (!f.dead.empty() && f.why.empty());
    f.outcome = found ? Outcome::kRefuted : f.why.empty() ? Outcome::kProved : Outcome::kNotProved;
    if (f.property.kind != PK::kNeverCosts || f.outcome != Outcome::kRefuted) continue;
    // In a set where it permits nothing at all there is nothing that it could cost.
    const Result<cedar::PolicySet> probe = cedar::ParsePolicies("permit (principal, action, resource) when { context." + f.property.field + " };", "probe");
    Property never{PK::kMustDeny, f.property.id, "", probe ? &*probe : nullptr, nullptr, "", {}};
    if (probe && Prove(set, {never})[0].outcome == Outcome::kProved) f = {f.property, Outcome::kProved, "in this set `" + f.property.field + "` permits nothing", {}, {}};
  }
  return findings;
}

Finding Prover::OnlyNarrows(const cedar::PolicySet& before, const cedar::PolicySet& after) {
  return Prove(after, {{PK::kImplies, "only-narrows", "it permits nothing new", nullptr, &before, "", {}}})[0];
}

bool NarrowsByForm(const cedar::PolicySet& added) {
  return std::all_of(added.begin(), added.end(), [](const cedar::Policy& p) { return p.effect == cedar::Effect::kForbid; });
}

bool Allows(const cedar::PolicySet& set, const cedar::Request& request, const cedar::Entities& entities) {
  const cedar::Response r = cedar::Authorize(set, request, entities);
  return r.decision == cedar::Decision::kAllow && std::none_of(r.errors.begin(), r.errors.end(), [](const auto& e) { return e.policy->effect == cedar::Effect::kForbid; });
}

bool Breaks(const Property& p, const cedar::PolicySet& set, const cedar::PolicySet* world, const Case& c) {
  if (world != nullptr) {
    const cedar::Response r = cedar::Authorize(*world, c.request, c.entities);
    if (r.decision == cedar::Decision::kDeny && !r.reasons.empty()) return false;
  }
  if (p.envelope != nullptr && !Allows(*p.envelope, c.request, c.entities)) return false;
  const bool allowed = Allows(set, c.request, c.entities);
  switch (p.kind) {
    case PK::kNeverErrs: return !cedar::Authorize(set, c.request, c.entities).errors.empty();
    case PK::kNothingDead: return !allowed && cedar::Authorize(set, c.request, c.entities).reasons.empty();
    case PK::kMustDeny: return allowed;
    case PK::kMustAllow: return !allowed;
    case PK::kImplies: return allowed && !Allows(*p.other, c.request, c.entities);
    case PK::kDisjoint: return allowed && Allows(*p.other, c.request, c.entities);
    case PK::kNeverCosts:
    case PK::kDeclared: return allowed && c.other && !Allows(set, *c.other, c.entities);
  }
  return false;
}

}  // namespace checkrein::proof
