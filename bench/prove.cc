// How long the proofs of the shipped sets take, and whether random requests contradict them.
//   bench_prove [RUNS]              milliseconds for all sets together, solvers started anew each time: minimum, median
//   bench_prove --random REQUESTS [SEED]
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>

#include "base/clock.h"
#include "policy/assemble.h"
#include "policy/decide.h"
#include "policy/shipped.h"
#include "proof/contradictions.h"
#include "proof/properties.h"

namespace {

using namespace checkrein;

struct World {
  cedar::Schema schema = cedar::ParseSchema(policy::PolicySet::Schema(), "schema").take();
  cedar::PolicySet world = proof::ParseWorld(policy::ShippedText("world.cedar"), "world", schema).take();
  proof::PropertyFile properties = proof::PropertyFile::Parse(policy::ShippedText("properties.cedar"), "properties", schema).take();
  std::vector<std::pair<std::string, std::unique_ptr<cedar::PolicySet>>> sets;

  World() {
    for (const policy::ShippedSet& set : policy::ShippedSets()) {
      std::vector<policy::PolicyText> texts;
      for (const std::string_view file : set.files)
        if (!file.empty()) texts.push_back({std::string(file), std::string(policy::ShippedText(file)), policy::Origin::kShipped});
      sets.emplace_back(set.name, std::make_unique<cedar::PolicySet>(policy::Assemble(texts).take()));
    }
  }

  // Everything that `checkrein prove` proves; exits when anything is not.
  std::vector<proof::Contradictions::Proved> Prove(size_t* questions) {
    proof::Solvers solvers = proof::Solvers::Start(proof::DebianSolvers(), proof::Limits{}).take();
    std::vector<proof::Contradictions::Proved> proved;
    for (const auto& [name, set] : sets) {
      proof::Prover prover(schema, &world, &solvers);
      proved.push_back({name, set.get(), prover.Prove(*set, properties.For(name, proof::PropertyFile::Extent::kAsShipped))});
      *questions += prover.questions();
      for (const proof::Finding& f : proved.back().findings) {
        if (f.outcome == proof::Outcome::kProved) continue;
        std::printf("%s: %s is not proved: %s\n", name.c_str(), f.property.id.c_str(), f.why.c_str());
        std::exit(1);
      }
    }
    return proved;
  }
};

int Time(int runs) {
  std::vector<double> ms;
  size_t promises = 0, questions = 0;
  for (int i = 0; i < runs; ++i) {
    const int64_t begin = MonotonicNanos();
    World world;
    promises = questions = 0;
    for (const auto& set : world.Prove(&questions)) promises += set.findings.size();
    ms.push_back(static_cast<double>(MonotonicNanos() - begin) / 1e6);
  }
  rusage children{};
  getrusage(RUSAGE_CHILDREN, &children);
  std::sort(ms.begin(), ms.end());
  std::printf("%zu promises about %zu shipped sets proved by z3 and cvc5, %zu questions each: minimum %.0f ms, median %.0f ms of %d runs; largest solver %ld MB\n", promises, World().sets.size(), questions, ms[0], ms[ms.size() / 2], runs, children.ru_maxrss / 1024);
  return 0;
}

int Random(size_t requests, uint64_t seed) {
  World world;
  size_t questions = 0;
  const auto proved = world.Prove(&questions);
  proof::Contradictions::Counts counts;
  const auto found = proof::Contradictions(world.schema, world.world, proved, proof::LikeAnAgents).Run(requests, seed, &counts);
  std::printf("seed %llu: %zu random requests, %zu of them possible, %zu answers of `allow`, %zu checks of proved promises\n", static_cast<unsigned long long>(seed), counts.requests, counts.possible, counts.allowed,
              counts.checks);
  if (found) std::printf("CONTRADICTION %s\n", found->c_str());
  std::printf("%d passed, %d failed, 0 skipped\n", found ? 0 : 1, found ? 1 : 0);
  return found ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 2 && std::strcmp(argv[1], "--random") == 0) return Random(std::strtoull(argv[2], nullptr, 10), argc > 3 ? std::strtoull(argv[3], nullptr, 10) : std::random_device()());
  return Time(argc > 1 ? std::max(1, std::atoi(argv[1])) : 11);
}
