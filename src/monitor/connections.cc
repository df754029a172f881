#include "monitor/connections.h"

#include <algorithm>

#include "egress/address.h"

namespace checkrein::monitor {
namespace {

// A name is known when it may be connected to at one of the ports that policies speak of, or at one that somebody permitted.
constexpr uint16_t kCommonPorts[] = {443, 80, 22};

std::string Join(const std::string& host, uint16_t port) {
  const bool six = host.find(':') != std::string::npos;
  return (six ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

// The policy's own words say how a command may reach a host; this one may not.
std::string Unforeseen(const policy::Decision& decision, bool agent) {
  std::string why = agent ? "the agent's own programs reach its model and what a person permits, no more" : "nobody foresaw that this command would reach it, so a person decides";
  if (!decision.policies.empty()) why += " (" + decision.policies.front() + ")";
  return why;
}

ConnectionAnswer Connect(const policy::PolicySet& policies, const policy::Circumstances& circumstances, const ConnectionRules& rules, const egress::Endpoint& to, bool agent) {
  const std::string object = Join(to.host, to.port);
  EffectSet effects;
  effects.Add({Op::kConnect, object, {}});
  const policy::Decision decision = policies.Decide(effects, circumstances);
  ConnectionAnswer answer;
  answer.why = decision.why;
  const bool named = std::any_of(rules.by_person.begin(), rules.by_person.end(), [&to](const egress::Endpoint& e) { return e.host == to.host && e.port == to.port; });
  if (decision.verdict == Verdict::kDeny) return answer;
  const bool granted = named || rules.approved.contains(object) ||
                       std::find(rules.predicted.begin(), rules.predicted.end(), "connect:" + object) != rules.predicted.end();
  // `contain` is for the host that was foreseen and no other: a program that nobody understood does not choose its own.
  answer.permit = granted || decision.verdict == Verdict::kAllow;
  answer.may_be_private = named && egress::ParseAddress(to.host).has_value();
  answer.needs_approval = !answer.permit;
  if (answer.needs_approval && decision.verdict == Verdict::kContain) answer.why = Unforeseen(decision, agent);
  return answer;
}

}  // namespace

ConnectionAnswer MayConnect(const policy::PolicySet& policies, policy::Circumstances circumstances, const ConnectionRules& rules, const ConnectionQuestion& question) {
  circumstances.coverage = Coverage::kFull;
  if (!question.agent) circumstances.model_hosts.clear();
  const std::optional<std::string> host = egress::CanonicalHost(question.host);
  if (!host || *host != question.host) return {false, false, false, "a host that is none"};
  if (question.port != 0) return Connect(policies, circumstances, rules, {*host, question.port}, question.agent);
  std::vector<uint16_t> ports(std::begin(kCommonPorts), std::end(kCommonPorts));
  for (const egress::Endpoint& endpoint : rules.by_person) {
    if (endpoint.host == *host) ports.push_back(endpoint.port);
  }
  for (const auto* list : {&rules.predicted}) {
    for (const std::string& effect : *list) {
      if (!effect.starts_with("connect:" + *host + ":")) continue;
      const auto endpoint = egress::ParseAuthority(std::string_view(effect).substr(8), 0);
      if (endpoint) ports.push_back(endpoint->port);
    }
  }
  for (const std::string& object : rules.approved) {
    const auto endpoint = egress::ParseAuthority(object, 0);
    if (endpoint && endpoint->host == *host) ports.push_back(endpoint->port);
  }
  ConnectionAnswer first;
  for (const uint16_t port : ports) {
    ConnectionAnswer answer = Connect(policies, circumstances, rules, {*host, port}, question.agent);
    if (answer.permit) return answer;
    if (first.why.empty()) first = std::move(answer);
  }
  return first;
}

}  // namespace checkrein::monitor
