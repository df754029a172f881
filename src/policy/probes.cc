// Effects that a set's policies may tell apart: made from every name and number in it (PolicySet::Probes).
#include <algorithm>

#include "policy/impl.h"
#include "policy/words.h"

namespace checkrein::policy {
namespace {

constexpr size_t kMaxPorts = 8, kMaxProbes = 4'000;

// `host` at each port that the policies speak of.
void AddHost(const std::string& host, const std::vector<int64_t>& ports, std::vector<std::string>* out) {
  for (const int64_t port : ports) out->push_back("connect:" + host + ":" + std::to_string(port));
}

void AddNamed(cedar::Symbol type, const std::string& id, const std::vector<int64_t>& ports, std::vector<std::string>* out) {
  const auto add = [out](std::initializer_list<std::string> effects) { out->insert(out->end(), effects); };
  switch (type) {
    case kPath:
      for (const char* op : {"read:", "write:", "delete:"}) add({op + id, id.ends_with("/**") || id == "?" ? op + id : op + (id == "/" ? std::string() : id) + "/x"});
      break;
    case kHost:
      AddHost(id, ports, out);
      AddHost("sub." + id, {443}, out);
      add({"push:https://" + id + "/x"});
      break;
    case kProgram: add({"exec:" + (id.find('/') == std::string::npos ? "/usr/bin/" + id : id)}); break;
    case kPrivilege: add({"privilege:" + id}); break;
    case kPackage: add({"install:" + id}); break;
    case kManager: add({"install:" + id + ":x"}); break;
    case kRemote: add({"push:" + id}); break;
    case kTool: add({"tool:" + id}); break;
    case kToolServer: add({"tool:" + id + "/x"}); break;
    case kSetting: add({"configure:" + id, "configure:" + id + ".x"}); break;
    case kUnknown: add({"unknown:" + id}); break;
    default: break;
  }
}

}  // namespace

std::vector<std::string> PolicySet::Probes() const {
  const cedar::Program& program = impl_->program;
  std::vector<int64_t> ports = {443};
  std::vector<std::string> probes;
  const auto add_port = [&ports](int64_t n) {
    if (n > 0 && n <= 65535 && ports.size() < kMaxPorts && std::find(ports.begin(), ports.end(), n) == ports.end()) ports.push_back(n);
  };
  for (const cedar::Term& constant : program.constants)
    if (constant.kind == cedar::Term::Kind::kLong) add_port(constant.number);
  for (const cedar::flat::UidParts uid : program.uids) AddNamed(uid.type, std::string(program.SymbolText(uid.id)), ports, &probes);
  for (const cedar::Term& constant : program.constants) {
    if (constant.kind != cedar::Term::Kind::kString) continue;
    const std::string text(program.SymbolText(static_cast<cedar::Symbol>(constant.number)));
    AddNamed(text.starts_with('/') ? kPath : kHost, text, ports, &probes);
  }
  if (probes.size() > kMaxProbes) probes.resize(kMaxProbes);
  return probes;
}

}  // namespace checkrein::policy
