// AnalyzeCommand: the shell's way into the rest of the module.
#include <algorithm>

#include "analysis/analysis.h"
#include "analysis/command.h"
#include "analysis/shell/analyze.h"
#include "analysis/shell/interpreter.h"

namespace checkrein::analysis {
namespace shell {

namespace {

// What the action took in, the network first.
std::vector<std::string> SourcesOf(const EffectSet& effects) {
  std::vector<std::string> out;
  for (const Op op : {Op::kConnect, Op::kRead})
    for (const Effect& effect : effects.all())
      if (effect.op == op && out.size() < WrittenFile::kMaxSources) out.push_back(ToString(effect));
  return out;
}

void NoteWritten(const Session& session, Analysis& out) {
  const std::vector<std::string> from = SourcesOf(out.effects);
  for (const Effect& effect : out.effects.all()) {
    if (effect.op != Op::kWrite || !effect.object.starts_with('/') || effect.object == "/**" || out.written.size() == Past::kMaxFiles) continue;
    const auto known = session.files.find(effect.object);
    if (known == session.files.end() && !session.overwritten.contains(effect.object)) continue;  // only its attributes
    WrittenFile& file = out.written.emplace_back();
    file.path = effect.object;
    file.from = from;
    if (known != session.files.end() && known->second && known->second->size() <= Past::kMaxContent) file.content = known->second;
  }
}

Analysis AnalyzeOnce(std::string_view command, const analysis::Place& place, World& world, Describe describe, const Past* past) {
  Analysis out;
  out.coverage = Coverage::kFull;
  Session session(out, world, place, describe);
  session.allowed = command.size();
  Interpreter shell(session);
  if (past != nullptr) shell.Recall(*past);
  const size_t own = session.scripts.size();
  out.parsed = shell.RunWhole(command);
  out.commands = session.scripts[own]->commands;
  if (place.past != nullptr) {
    out.left = shell.Leave();
    NoteWritten(session, out);
  }
  return out;
}

}  // namespace

Analysis AnalyzeWith(std::string_view command, const analysis::Place& place, World& world, Describe describe) {
  Analysis out = AnalyzeOnce(command, place, world, describe, nullptr);
  if (place.past != nullptr && place.past->has_shell()) {
    Analysis kept = AnalyzeOnce(command, place, world, describe, place.past);
    out.effects.AddAll(kept.effects);
    out.coverage = Least(out.coverage, kept.coverage);
    for (std::string& note : kept.notes)
      if (std::find(out.notes.begin(), out.notes.end(), note) == out.notes.end()) out.notes.push_back(std::move(note));
    for (std::string& script : kept.scripts)
      if (std::find(out.scripts.begin(), out.scripts.end(), script) == out.scripts.end()) out.scripts.push_back(std::move(script));
    out.left = std::move(kept.left);
    for (WrittenFile& file : kept.written) {
      const auto same = std::find_if(out.written.begin(), out.written.end(), [&](const WrittenFile& other) { return other.path == file.path; });
      if (same == out.written.end()) out.written.push_back(std::move(file));
      else if (same->content != file.content) same->content.reset();
    }
  }
  if (place.shell != "bash") {
    out.coverage = Least(out.coverage, Coverage::kPartial);
    out.notes.push_back("the client's shell is " + place.shell + ", and the command was read as bash reads it");
  }
  return out;
}

}  // namespace shell

Analysis AnalyzeCommand(std::string_view command, const Place& place, World& world) { return shell::AnalyzeWith(command, place, world, &DescribeCommand); }

}  // namespace checkrein::analysis
