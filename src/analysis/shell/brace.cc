#include "analysis/shell/brace.h"

#include <charconv>
#include <optional>

namespace checkrein::analysis::shell {
namespace {

constexpr int kMaxBraceDepth = 32;

// One literal character, or a part that braces do not look into.
struct Atom {
  char c = '\0';
  const Part* part = nullptr;
  bool Is(char want) const { return part == nullptr && c == want; }
};
using Atoms = std::vector<Atom>;

struct Expander {
  size_t pieces = 0;
  bool too_many = false;

  bool Spend(size_t n) {
    pieces += n;
    if (pieces > kMaxBracePieces) too_many = true;
    return !too_many;
  }

  std::vector<Atoms> Expand(const Atom* begin, const Atom* end, int depth) {
    struct Pair { const Atom* close = nullptr; std::vector<const Atom*> commas; };
    std::vector<Pair> pairs(static_cast<size_t>(end - begin));  // of each `{`, found in one pass
    std::vector<size_t> opened;
    for (const Atom* at = begin; at != end; ++at) {
      if (at->Is('{')) opened.push_back(static_cast<size_t>(at - begin));
      if (at->Is(',') && !opened.empty()) pairs[opened.back()].commas.push_back(at);
      if (at->Is('}') && !opened.empty()) {
        pairs[opened.back()].close = at;
        opened.pop_back();
      }
    }
    for (const Atom* open = begin; open != end; ++open) {
      if (!open->Is('{')) continue;
      const Atom* const close = pairs[static_cast<size_t>(open - begin)].close;
      if (close == nullptr) continue;
      std::vector<const Atom*>& commas = pairs[static_cast<size_t>(open - begin)].commas;
      std::vector<Atoms> middle;
      if (!commas.empty() && depth < kMaxBraceDepth) {
        const Atom* from = open + 1;
        commas.push_back(close);
        for (const Atom* comma : commas) {
          for (Atoms& one : Expand(from, comma, depth + 1)) middle.push_back(std::move(one));
          from = comma + 1;
          if (too_many) return {};
        }
      } else if (depth >= kMaxBraceDepth) {
        too_many = true;
        return {};
      } else if (!Sequence(open + 1, close, middle)) {
        continue;
      }
      const std::vector<Atoms> after = Expand(close + 1, end, depth + 1);
      std::vector<Atoms> out;
      for (const Atoms& m : middle)
        for (const Atoms& a : after) {
          if (out.size() >= kMaxBraceWords || !Spend(m.size() + a.size() + static_cast<size_t>(open - begin) + 1)) {
            too_many = true;
            return {};
          }
          Atoms& one = out.emplace_back(begin, open);
          one.insert(one.end(), m.begin(), m.end());
          one.insert(one.end(), a.begin(), a.end());
        }
      return out;
    }
    Spend(static_cast<size_t>(end - begin));
    return {Atoms(begin, end)};
  }

  static std::optional<long> Number(const std::string& text) {
    long value = 0;
    const char* from = text.data() + (text.starts_with('+') ? 1 : 0);
    const auto [end, error] = std::from_chars(from, text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || text.size() > 9) return std::nullopt;
    return value;
  }

  // x..y or x..y..step between the braces.
  bool Sequence(const Atom* begin, const Atom* end, std::vector<Atoms>& out) {
    if (end - begin > 40) return false;  // three numbers are shorter
    std::string text;
    for (const Atom* at = begin; at != end; ++at) {
      if (at->part != nullptr) return false;
      text += at->c;
    }
    const size_t dots = text.find("..");
    if (dots == std::string::npos) return false;
    const size_t more = text.find("..", dots + 2);
    const std::string first = text.substr(0, dots), last = text.substr(dots + 2, more == std::string::npos ? std::string::npos : more - dots - 2);
    long step = 1;
    if (more != std::string::npos) {
      const std::optional<long> given = Number(text.substr(more + 2));
      if (!given) return false;
      step = *given == 0 ? 1 : (*given < 0 ? -*given : *given);
    }
    const std::optional<long> a = Number(first), b = Number(last);
    const bool letters = first.size() == 1 && last.size() == 1 && !a && !b;
    if (!letters && (!a || !b)) return false;
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    if (letters && (!letter(first[0]) || !letter(last[0]))) return false;
    long from = letters ? first[0] : *a;
    const long to = letters ? last[0] : *b;
    const auto padded = [](const std::string& s) { return s.size() > 1 && (s[0] == '0' || (s[0] == '-' && s.size() > 2 && s[1] == '0')); };
    const size_t width = !letters && (padded(first) || padded(last)) ? std::max(first.size(), last.size()) : 0;
    for (;; from += from <= to && to >= (letters ? first[0] : *a) ? step : -step) {
      const bool up = to >= (letters ? first[0] : *a);
      if (up ? from > to : from < to) return true;
      if (out.size() >= kMaxBraceWords) {
        too_many = true;
        return true;
      }
      std::string one = letters ? std::string(1, static_cast<char>(from)) : std::to_string(from);
      if (one.size() < width) one.insert(one.starts_with('-') ? 1 : 0, width - one.size(), '0');
      Atoms& atoms = out.emplace_back();
      for (const char c : one) atoms.push_back({c, nullptr});
    }
  }
};

}  // namespace

bool HoldsBraces(const std::vector<Part>& parts) {
  bool open = false;
  for (const Part& part : parts) {
    if (part.kind != Part::Kind::kLiteral) continue;
    for (const char c : part.text) {
      open = open || c == '{';
      if (open && c == '}') return true;
    }
  }
  return false;
}

BraceExpansion ExpandBraces(const std::vector<Part>& parts) {
  Atoms atoms;
  for (const Part& part : parts) {
    if (part.kind == Part::Kind::kLiteral) {
      for (const char c : part.text) atoms.push_back({c, nullptr});
    } else {
      atoms.push_back({'\0', &part});
    }
  }
  BraceExpansion out;
  Expander expander;
  const std::vector<Atoms> words = expander.Expand(atoms.data(), atoms.data() + atoms.size(), 0);
  out.too_many = expander.too_many;
  if (out.too_many) return out;
  for (const Atoms& word : words) {
    std::vector<BracePiece>& pieces = out.words.emplace_back();
    for (const Atom& atom : word) {
      if (atom.part != nullptr) {
        pieces.push_back({"", atom.part});
      } else {
        if (pieces.empty() || pieces.back().part != nullptr) pieces.emplace_back();
        pieces.back().text += atom.c;
      }
    }
  }
  return out;
}

}  // namespace checkrein::analysis::shell
