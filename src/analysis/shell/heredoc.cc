// Here-documents: their bodies stand on the lines after the one that names them, in order, whatever else that line holds.
#include <algorithm>

#include "analysis/shell/reader.h"

namespace checkrein::analysis::shell {
namespace {

// `body` without the line ends that a backslash takes away.
std::string Joined(std::string_view body) {
  std::string out;
  out.reserve(body.size());
  for (size_t i = 0; i < body.size(); ++i) {
    if (body[i] != '\\' || i + 1 == body.size()) {
      out += body[i];
    } else if (body[++i] != '\n') {
      out += '\\';
      out += body[i];
    }
  }
  return out;
}

}  // namespace

// The delimiter is the word as written, quotes removed and nothing expanded.
void Reader::SetDelimiter(HereDocument& document, const WordNode& word) const {
  for (const Part& part : word.parts) {
    switch (part.kind) {
      case Part::Kind::kLiteral: document.delimiter += part.text; break;
      case Part::Kind::kEscaped: case Part::Kind::kSingleQuoted: case Part::Kind::kAnsiQuoted:
        document.quoted = true;
        document.delimiter += part.text;
        break;
      case Part::Kind::kDoubleQuoted: case Part::Kind::kLocaleQuoted:
        document.quoted = true;
        for (const Part& inner : part.parts)
          document.delimiter += inner.kind == Part::Kind::kLiteral || inner.kind == Part::Kind::kEscaped ? inner.text : std::string(Raw(inner.span.begin, inner.span.end));
        break;
      default: document.delimiter += Raw(part.span.begin, part.span.end);
    }
  }
}

// `newline` is where the line ends that the operators stand on (end_ if it is the last).
void Reader::GatherHereDocuments(Pos newline) {
  Pos at = newline < end_ ? AfterNewline(newline) : end_;
  std::vector<HereDocument*> waiting;
  waiting.swap(here_documents_);
  for (HereDocument* document : waiting) at = ReadHereDocument(*document, at);
  if (newline < end_) resume_[newline] = at;
}

Reader::Pos Reader::ReadHereDocument(HereDocument& document, Pos at) {
  std::string text;  // only where it differs from the source: tabs stripped
  const Pos begin = at;
  const std::string_view source = source_.substr(0, end_);
  const auto strip = [&](Pos from) {
    while (document.strip_tabs && from < end_ && source[from] == '\t') ++from;
    return from;
  };
  while (at < end_) {
    const std::string_view unstripped = source.substr(at, std::min<size_t>(source.find('\n', at), end_) - at);
    const Pos start = document.strip_tabs && unstripped == document.delimiter ? at : strip(at);  // a delimiter with tabs of its own
    std::string joined;  // the line, its continuations joined, where there are any
    Pos line_end = start;
    bool continued = false;
    for (Pos from = start;;) {
      const size_t found = source.find('\n', from);
      line_end = found == std::string_view::npos ? end_ : static_cast<Pos>(found);
      if (document.quoted || line_end == end_) break;
      size_t backslashes = 0;
      while (line_end - backslashes > from && source[line_end - 1 - backslashes] == '\\') ++backslashes;
      if (backslashes % 2 == 0) break;
      if (line_end + 1 >= end_) break;
      continued = true;
      joined += source.substr(from, line_end - 1 - from);
      from = line_end + 1;
      if (source.find('\n', from) == std::string_view::npos) {
        line_end = end_;
        joined += source.substr(from);
        break;
      }
    }
    const std::string_view line = continued ? std::string_view(joined) : source.substr(start, line_end - start);
    const bool plain_line = !continued;
    if (line == document.delimiter) {
      FinishHereDocument(document, begin, at, text);
      return line_end < end_ ? line_end + 1 : end_;
    }
    if (substitutions_ > 0 && plain_line && line.starts_with(document.delimiter) && line.find(')', document.delimiter.size()) != std::string_view::npos) {
      FinishHereDocument(document, begin, at, text);  // $(cat <<E ... E): the rest of the line goes on
      return start + static_cast<Pos>(document.delimiter.size());
    }
    const Pos next = line_end < end_ ? line_end + 1 : end_;
    if (document.strip_tabs) text += source.substr(start, next - start);
    at = next;
  }
  document.ended_by_eof = true;
  FinishHereDocument(document, begin, end_, text);
  return end_;
}

void Reader::FinishHereDocument(HereDocument& document, Pos begin, Pos end, const std::string& stripped) {
  document.body.span = {begin, end};
  const std::string_view body = document.strip_tabs ? std::string_view(stripped) : Raw(begin, end);
  if (document.quoted) {
    Part& part = document.body.parts.emplace_back();
    part.kind = Part::Kind::kSingleQuoted;
    part.text = body;
    part.span = {begin, end};
    return;
  }
  if (body.find_first_of("$`\\") == std::string_view::npos) {
    if (body.empty()) return;
    Part& part = document.body.parts.emplace_back();
    part.text = body;
    part.span = {begin, end};
    return;
  }
  const Deeper deeper(*this);
  if (failed()) return;
  document.text = Joined(body);
  if (!document.strip_tabs) {
    std::vector<HereDocument*> waiting;
    waiting.swap(here_documents_);
    const int substitutions = std::exchange(substitutions_, 0);
    document.body.parts = BuildRange(begin, end, Mode::kHereBody);
    substitutions_ = substitutions;
    here_documents_.swap(waiting);
    return;
  }
  Reader reader(body, extglob_ ? Extglob::kOn : Extglob::kOff, depth_);
  document.body.parts = reader.ReadHereBody();
  document.body_moved = true;
  if (reader.failed()) Fail(reader.error_->kind, reader.error_->text);
}

std::vector<Part> Reader::ReadHereBody() { return BuildRange(0, end_, Mode::kHereBody); }

std::vector<Part> ParseExpandable(std::string_view text, int depth) {
  Reader reader(text.substr(0, kMaxSource), Extglob::kOff, depth);
  std::vector<Part> parts = reader.ReadHereBody();
  if (!reader.error() && text.size() <= kMaxSource) return parts;
  std::vector<Part> broken(1);
  broken[0].kind = Part::Kind::kBroken;
  return broken;
}

}  // namespace checkrein::analysis::shell
