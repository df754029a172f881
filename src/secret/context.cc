#include <algorithm>
#include <array>

#include "secret/names.h"
#include "secret/scan.h"

namespace checkrein::secret {
namespace {

constexpr size_t kMinSecret = 3;          // shorter values of "password=" are not worth a mark
constexpr size_t kMinToken = 12;          // of "token=" and its like, when the value looks random
constexpr size_t kMinRandom = 24;         // of any other name
constexpr size_t kMaxScheme = 20;         // "Bearer", "AWS4-HMAC-SHA256"
constexpr size_t kMaxNear = 256;          // bytes within which "curl" or "login" belong to what follows
constexpr size_t kMaxGap = 8;             // spaces and quotes between a name and its value

bool IsQuote(char c) { return c == '"' || c == '\'' || c == '`'; }
bool InName(char c) { return IsAlnum(c) || c == '_' || c == '-' || c == '.'; }

// The characters at which something may be found.
constexpr std::array<bool, 256> MakeTriggers() {
  std::array<bool, 256> out{};
  for (const char c : std::string_view("=:-clmpQ\n")) out[static_cast<uint8_t>(c)] = true;
  return out;
}

// Ends a value that stands in no quotes.
bool EndsBare(char c) {
  return IsSpace(c) || IsQuote(c) || c == ';' || c == '|' || c == '<' || c == '>' || c == ',' || c == ')' || c == ']' || c == '}' || c == '\\' || c == '\0';
}

struct Value {
  size_t begin = 0;
  size_t end = 0;
  bool quoted = false;
};

class Context {
 public:
  Context(std::string_view text, std::vector<Finding>& found) : text_(text), found_(found) {}

  void Run() {
    size_t line = 0;
    static constexpr std::array<bool, 256> kTriggers = MakeTriggers();
    for (size_t at = 0; at < text_.size(); ++at) {
      if (!kTriggers[static_cast<uint8_t>(text_[at])]) continue;
      switch (text_[at]) {
        case '=': Assignment(at); break;
        case ':':
          if (text_.substr(at).starts_with("::")) {  // a scope in some language
            ++at;
            break;
          }
          if (const size_t mark = MarkEnd(at); mark > at) {
            at = mark;
            break;
          }
          Assignment(at);
          if (text_.substr(at).starts_with("://")) Url(at);
          if (text_.substr(at).starts_with(":AA")) BotToken(at);
          break;
        case '-':
          if (at == 0 || IsSpace(text_[at - 1]) || IsQuote(text_[at - 1])) Option(at);
          break;
        case 'c': case 'l': case 'm': case 'p': Word(at); break;
        case 'Q':
          if (text_.substr(at).starts_with("Q~")) AzureSecret(at);
          break;
        case '\n':
          PasswordLine(text_.substr(line, at - line), line);
          line = at + 1;
          break;
        default: break;
      }
    }
    PasswordLine(text_.substr(line), line);
  }

 private:
  void Add(std::string_view rule, size_t begin, size_t end) {
    if (begin < end) found_.push_back({RuleById(rule).id, begin, end});
  }
  std::string_view At(const Value& value) const { return text_.substr(value.begin, value.end - value.begin); }

  // The last byte of the mark (redact.h) whose first colon stands at `at`; `at` when there is none.
  size_t MarkEnd(size_t at) const {
    const size_t length = at < kMarkName.size() ? 0 : MarkLength(text_.substr(at - kMarkName.size()));
    return length == 0 ? at : at - kMarkName.size() + length - 1;
  }

  // The value that begins at or shortly behind `at`: in quotes (escaped ones, too), or up to what ends a bare one.
  Value ValueAt(size_t at) {
    size_t quote = at;
    while (quote < text_.size() && text_[quote] == '\\' && quote - at < kMaxGap) ++quote;
    if (quote < text_.size() && IsQuote(text_[quote])) {
      const size_t slashes = quote - at;
      return {quote + 1, QuoteEnd(quote, slashes), true};
    }
    if (at >= bare_end_) {
      bare_end_ = at;
      while (bare_end_ < text_.size() && !EndsBare(text_[bare_end_])) ++bare_end_;
    }
    return {at, bare_end_, false};
  }

  // The end of what the quote at `quote` opens: the same quote behind no more backslashes, or the line's end.
  size_t QuoteEnd(size_t quote, size_t slashes) const {
    size_t run = 0;
    for (size_t i = quote + 1; i < text_.size(); ++i) {
      if (text_[i] == '\n') return i;
      if (text_[i] == text_[quote] && run <= slashes) return i - run;
      run = text_[i] == '\\' ? run + 1 : 0;
    }
    return text_.size();
  }

  // The name that ends before `at`, perhaps in quotes and with spaces behind it.
  std::string_view NameBefore(size_t at) const {
    size_t end = at;
    while (end > 0 && at - end < kMaxGap && (text_[end - 1] == ' ' || text_[end - 1] == ':')) --end;
    if (end > 0 && IsQuote(text_[end - 1])) --end;
    while (end > 0 && at - end < kMaxGap && text_[end - 1] == '\\') --end;
    if (end > 0 && text_[end - 1] == ']') --end;  // headers["X"] =
    if (end > 0 && IsQuote(text_[end - 1])) --end;
    size_t begin = end;
    while (begin > 0 && end - begin <= kMaxName && InName(text_[begin - 1])) --begin;
    return text_.substr(begin, end - begin);
  }

  void Assignment(size_t at) {
    const NameSays says = Judge(NameBefore(at));
    size_t from = at + 1;
    while (from < text_.size() && (text_[from] == '=' || text_[from] == ':' || text_[from] == '>')) ++from;
    const bool colon = text_[at] == ':';
    const size_t tight = from;
    while (from < text_.size() && from - tight < kMaxGap && (text_[from] == ' ' || text_[from] == '\t')) ++from;
    if (from >= text_.size()) return;
    if (says == NameSays::kHeader || says == NameSays::kCookie) return Header(says, from);
    if (says == NameSays::kOrdinary && colon) return;  // too common: times, paths, prose
    if (says == NameSays::kDigest) return;
    const Value value = ValueAt(from);
    Judged(says, value, from > tight, colon);
  }

  void Judged(NameSays says, const Value& value, bool spaced, bool colon) {
    const std::string_view text = At(value);
    if (text.size() < kMinSecret || IsPlaceholder(text)) return;
    if (says == NameSays::kSecret) {
      // Prose: "Password: enter yours". A password has a digit or a sign, or quotes, or stands close to an equals sign.
      const bool prose = !value.quoted && (spaced || colon) &&
                         std::all_of(text.begin(), text.end(), [](char c) { return (IsAlnum(c) && (c < '0' || c > '9')) || c == '_' || c == '.' || c == '?' || c == '/'; });
      const bool phrase = value.quoted && spaced && text.find(' ') != std::string_view::npos;  // a sentence about passwords
      if (!prose && !phrase) Add("named-secret", value.begin, value.end);
      return;
    }
    if (says == NameSays::kToken && LooksRandom(text, kMinToken)) return Add("named-secret", value.begin, value.end);
    if (says == NameSays::kOrdinary && LooksRandom(text, kMinRandom) && !IsKnownHarmless(text) && MixesCases(text)) Add("random-value", value.begin, value.end);
  }

  // Upper and lower case and digits throughout, and no word of a language's length: a key in base64, not an identifier.
  static bool MixesCases(std::string_view text) {
    text = text.substr(0, 256);
    size_t changes = 0, slashes = 0, dots = 0;
    const auto kind = [](char c) { return c >= '0' && c <= '9' ? 0 : c >= 'A' && c <= 'Z' ? 1 : c >= 'a' && c <= 'z' ? 2 : 3; };
    bool upper = false, lower = false;
    for (size_t i = 0; i < text.size(); ++i) {
      if (i > 0 && kind(text[i]) != kind(text[i - 1])) ++changes;
      upper = upper || kind(text[i]) == 1;
      lower = lower || kind(text[i]) == 2;
      slashes += text[i] == '/' ? size_t{1} : size_t{0};
      dots += text[i] == '.' ? size_t{1} : size_t{0};
    }
    return upper && lower && dots == 0 && slashes * 10 <= text.size() && changes * 5 >= text.size() * 2 && Entropy(text) >= 40;
  }

  // `Authorization: Bearer X`: the scheme stays, the rest goes. A cookie goes whole.
  void Header(NameSays says, size_t from) {
    if (says == NameSays::kCookie && from < cookie_end_) return;
    Value value = ValueAt(from);
    if (says == NameSays::kCookie) {
      size_t end = value.end;
      while (!value.quoted && end < text_.size() && text_[end] != '\n' && !IsQuote(text_[end])) ++end;
      if (end - value.begin > 4 && !IsPlaceholder(text_.substr(value.begin, end - value.begin))) Add("cookie", value.begin, end);
      cookie_end_ = end;
      return;
    }
    std::string_view text = At(value);
    const size_t space = value.quoted ? text.find(' ') : std::string_view::npos;
    if (value.quoted && space != std::string_view::npos && space <= kMaxScheme) {
      value.begin += space + 1;
    } else if (!value.quoted && value.end < text_.size() && text_[value.end] == ' ' && text.size() <= kMaxScheme) {
      const Value second = ValueAt(value.end + 1);
      if (At(second).size() >= kMinSecret) value = second;
    }
    if (At(value).size() >= kMinSecret && !IsPlaceholder(At(value))) Add("authorization", value.begin, value.end);
  }

  // scheme://user:password@host, and a long random user alone.
  void Url(size_t at) {
    const size_t from = at + 3;
    if (from >= url_end_) {
      url_end_ = from;
      while (url_end_ < text_.size() && !EndsBare(text_[url_end_]) && text_[url_end_] != '/' && text_[url_end_] != '?' && text_[url_end_] != '#') ++url_end_;
    }
    const std::string_view authority = text_.substr(from, url_end_ - from);
    const size_t sign = authority.rfind('@');
    if (sign == std::string_view::npos || MarkLength(authority) > 0) return;
    const size_t colon = authority.find(':');
    if (colon < sign) {
      if (!IsPlaceholder(authority.substr(colon + 1, sign - colon - 1))) Add("url-password", from + colon + 1, from + sign);
    } else if (LooksRandom(authority.substr(0, sign), 16)) {
      Add("url-password", from, from + sign);
    }
  }

  // --password VALUE, -u user:password, and the same as separate strings of a list.
  void Option(size_t at) {
    size_t end = at;
    while (end < text_.size() && end - at <= kMaxName && InName(text_[end])) ++end;
    const std::string_view name = text_.substr(at, end - at);
    size_t from = end;
    while (from < text_.size() && from - end < kMaxGap && (text_[from] == ' ' || text_[from] == ',' || text_[from] == '\t' || (IsQuote(text_[from]) && from == end))) ++from;
    if (from == end || from >= text_.size() || text_[from] == '-') return;
    const Value value = ValueAt(from);
    if (name == "-u" || name == "--user" || name == "--proxy-user" || name == "-U") return CurlUser(at, value);
    if (!name.starts_with("--")) return;
    const NameSays says = Judge(name);
    if (says == NameSays::kSecret && At(value).size() >= kMinSecret && !IsPlaceholder(At(value))) return Add("named-secret", value.begin, value.end);
    if (says == NameSays::kToken) Judged(says, value, true, false);
  }

  void CurlUser(size_t at, const Value& value) {
    if (!curl_seen_ || at - curl_at_ > kMaxNear) return;
    const size_t colon = At(value).find(':');
    if (colon == std::string_view::npos || colon + 1 >= At(value).size() || IsPlaceholder(At(value).substr(colon + 1))) return;
    Add("curl-user", value.begin + colon + 1, value.end);
  }

  // Words that make what follows them telling.
  void Word(size_t at) {
    if (at > 0 && IsAlnum(text_[at - 1])) return;
    const std::string_view rest = text_.substr(at, 16);
    if (rest.starts_with("curl") || rest.starts_with("machine ") || rest.starts_with("login ")) {
      (rest[0] == 'c' ? curl_at_ : login_at_) = at;
      (rest[0] == 'c' ? curl_seen_ : login_seen_) = true;
      return;
    }
    if (!rest.starts_with("password ") || !login_seen_ || at - login_at_ > kMaxNear) return;
    const Value value = ValueAt(at + 9);
    if (At(value).size() >= kMinSecret && text_[value.begin] != '-' && !IsPlaceholder(At(value))) Add("netrc-password", value.begin, value.end);
  }

  // host:port:database:user:password, alone on its line.
  void PasswordLine(std::string_view line, size_t offset) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > 1024 || line.find(' ') != std::string_view::npos) return;
    size_t at[4];
    size_t from = 0;
    for (size_t& colon : at) {
      colon = line.find(':', from);
      if (colon == std::string_view::npos || colon == from) return;
      from = colon + 1;
    }
    const std::string_view port = line.substr(at[0] + 1, at[1] - at[0] - 1);
    const bool number = port.size() >= 4 && port.size() <= 5 && std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
    const bool host = !std::all_of(line.begin(), line.begin() + static_cast<ptrdiff_t>(at[0]), [](char c) { return In(Charset::kHex, c); });
    const std::string_view password = line.substr(from);
    if ((port == "*" || number) && host && password.size() >= kMinSecret && !IsPlaceholder(password)) Add("pgpass-password", offset + from, offset + line.size());
  }

  void AzureSecret(size_t at) {  // three characters, a digit, "Q~", 31 to 34 characters
    const auto in = [](char c) { return In(Charset::kDotted, c) || c == '~'; };
    if (at < 4 || text_[at - 1] < '0' || text_[at - 1] > '9' || !in(text_[at - 2]) || !in(text_[at - 3]) || !in(text_[at - 4])) return;
    size_t end = at + 2;
    while (end < text_.size() && end - at < 64 && in(text_[end])) ++end;
    if (end - at - 2 >= 31 && Entropy(text_.substr(at + 2, end - at - 2)) >= 30) Add("azure-client-secret", at - 4, end);
  }

  void BotToken(size_t at) {  // eight to ten digits, a colon, 35 characters that begin with AA
    size_t begin = at;
    while (begin > 0 && at - begin <= 10 && text_[begin - 1] >= '0' && text_[begin - 1] <= '9') --begin;
    size_t end = at + 1;
    while (end < text_.size() && end - at < 64 && In(Charset::kWord, text_[end])) ++end;
    if (at - begin >= 8 && at - begin <= 10 && end - at - 1 >= 33 && Entropy(text_.substr(at + 1, end - at - 1)) >= 30) Add("bot-token", begin, end);
  }

  std::string_view text_;
  std::vector<Finding>& found_;
  size_t bare_end_ = 0;   // of the bare value walked last
  size_t url_end_ = 0;
  size_t cookie_end_ = 0;
  size_t curl_at_ = 0, login_at_ = 0;
  bool curl_seen_ = false, login_seen_ = false;
};

}  // namespace

void FindByContext(std::string_view text, std::vector<Finding>& found) { Context(text, found).Run(); }

}  // namespace checkrein::secret
