#include "cli/probe_server.h"

#include <errno.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/clock.h"

namespace checkrein::cli {
namespace {

using json::Array;
using json::Object;
using json::Value;

constexpr size_t kMaxHeadBytes = 64u << 10;
constexpr const char* kFinalText = "Done.";

std::string Http(std::string_view status, std::string_view type, std::string_view body) {
  return "HTTP/1.1 " + std::string(status) + "\r\ncontent-type: " + std::string(type) + "\r\ncontent-length: " + std::to_string(body.size()) +
         "\r\nconnection: close\r\n\r\n" + std::string(body);
}
std::string HttpJson(const Value& value) { return Http("200 OK", "application/json", value.Dump()); }

// One server-sent event, named as its data's "type", which both vendors do.
void AddEvent(std::string& stream, const Value& data) {
  stream += "event: " + std::string(data.Text("type")) + "\ndata: " + data.Dump() + "\n\n";
}

enum class Turn : uint8_t { kCall, kFinal };

std::string AnthropicReply(const Value& body, Turn turn, std::string_view command) {
  const bool call = turn == Turn::kCall;
  const Value input = Object{{"command", command}, {"description", "A harmless test step"}};
  const Value block = call ? Value(Object{{"type", "tool_use"}, {"id", "toolu_probe"}, {"name", "Bash"}, {"input", input}})
                           : Value(Object{{"type", "text"}, {"text", kFinalText}});
  const Value usage = Object{{"input_tokens", 3}, {"output_tokens", 3}, {"cache_creation_input_tokens", 0}, {"cache_read_input_tokens", 0}};
  const Value reason = call ? "tool_use" : "end_turn";
  Value message = Object{{"id", "msg_probe"}, {"type", "message"}, {"role", "assistant"}, {"model", body.Text("model")}, {"usage", usage}};
  if (!body.Flag("stream")) {
    message.Set("content", Array{block}).Set("stop_reason", reason).Set("stop_sequence", nullptr);
    return HttpJson(message);
  }
  message.Set("content", Array{}).Set("stop_reason", nullptr).Set("stop_sequence", nullptr);
  Value blank = block;
  if (call) blank.Set("input", Object{});
  else blank.Set("text", "");
  const Value delta = call ? Value(Object{{"type", "input_json_delta"}, {"partial_json", input.Dump()}}) : Value(Object{{"type", "text_delta"}, {"text", kFinalText}});
  std::string stream;
  AddEvent(stream, Object{{"type", "message_start"}, {"message", message}});
  AddEvent(stream, Object{{"type", "content_block_start"}, {"index", 0}, {"content_block", blank}});
  AddEvent(stream, Object{{"type", "content_block_delta"}, {"index", 0}, {"delta", delta}});
  AddEvent(stream, Object{{"type", "content_block_stop"}, {"index", 0}});
  AddEvent(stream, Object{{"type", "message_delta"}, {"delta", Object{{"stop_reason", reason}, {"stop_sequence", nullptr}}}, {"usage", usage}});
  AddEvent(stream, Object{{"type", "message_stop"}});
  return Http("200 OK", "text/event-stream", stream);
}

std::string ResponsesReply(const Value& body, Turn turn, std::string_view command) {
  const Value item = turn == Turn::kCall
                         ? Value(Object{{"type", "function_call"}, {"id", "fc_probe"}, {"arguments", Value(Object{{"cmd", command}}).Dump()},
                                        {"call_id", "call_probe"}, {"name", "exec_command"}, {"status", "completed"}})
                         : Value(Object{{"type", "message"}, {"id", "msg_probe"}, {"role", "assistant"}, {"status", "completed"},
                                        {"content", Array{Object{{"type", "output_text"}, {"text", kFinalText}, {"annotations", Array{}}}}}});
  const Value usage = Object{{"input_tokens", 3}, {"input_tokens_details", Object{{"cached_tokens", 0}}}, {"output_tokens", 3},
                             {"output_tokens_details", Object{{"reasoning_tokens", 0}}}, {"total_tokens", 6}};
  const Value whole = Object{{"id", "resp_probe"}, {"object", "response"}, {"created_at", 0}, {"model", body.Text("model")},
                             {"status", "completed"}, {"output", Array{item}}, {"usage", usage}};
  if (!body.Flag("stream")) return HttpJson(whole);
  Value begun = whole;
  begun.Set("status", "in_progress").Set("output", Array{});
  std::string stream;
  AddEvent(stream, Object{{"type", "response.created"}, {"response", begun}});
  AddEvent(stream, Object{{"type", "response.output_item.added"}, {"output_index", 0}, {"item", item}});
  if (turn == Turn::kFinal)
    AddEvent(stream, Object{{"type", "response.output_text.delta"}, {"item_id", "msg_probe"}, {"output_index", 0}, {"content_index", 0}, {"delta", kFinalText}});
  AddEvent(stream, Object{{"type", "response.output_item.done"}, {"output_index", 0}, {"item", item}});
  AddEvent(stream, Object{{"type", "response.completed"}, {"response", whole}});
  return Http("200 OK", "text/event-stream", stream);
}

const Array& List(const Value& value) {
  static const Array kNone;
  return value.array() == nullptr ? kNone : *value.array();
}

std::vector<std::string> ResultsIn(Dialect dialect, const Value& body) {
  std::vector<std::string> results;
  if (dialect == Dialect::kAnthropic) {
    for (const Value& message : List(body.At("messages")))
      for (const Value& part : List(message.At("content")))
        if (part.Text("type") == "tool_result") results.push_back(part.Dump());
  } else {
    for (const Value& item : List(body.At("input")))
      if (item.Text("type").ends_with("_call_output")) results.push_back(item.Dump());
  }
  return results;
}

bool OffersTools(const Value& body) {
  if (!List(body.At("tools")).empty()) return true;
  const Array& input = List(body.At("input"));
  return std::any_of(input.begin(), input.end(), [](const Value& item) { return item.Text("type") == "additional_tools"; });
}

// The value of a header field in `head`; "" when absent.
std::string_view Field(std::string_view head, std::string_view name) {
  for (size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at)) {
    at += 2;
    const std::string_view line = head.substr(at, head.find("\r\n", at) - at);
    if (line.size() <= name.size() || line[name.size()] != ':' || strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    std::string_view value = line.substr(name.size() + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    return value;
  }
  return {};
}

}  // namespace

ProbeReply AnswerProbe(Dialect dialect, std::string_view command, std::string_view path, std::string_view body_text) {
  path = path.substr(0, path.find('?'));
  if (path.ends_with("/count_tokens")) return {HttpJson(Object{{"input_tokens", 3}}), {}};
  if (path.ends_with("/models")) return {HttpJson(Object{{"object", "list"}, {"data", Array{}}, {"models", Array{}}}), {}};
  if (!path.ends_with(dialect == Dialect::kAnthropic ? "/messages" : "/responses")) return {Http("404 Not Found", "application/json", "{}"), {}};
  const Result<Value> body = json::Parse(body_text);
  if (!body) return {Http("400 Bad Request", "application/json", "{}"), {}};
  ProbeReply reply;
  reply.results = ResultsIn(dialect, *body);
  // A request without tools is on the side: for a title, a summary.
  const Turn turn = OffersTools(*body) && reply.results.empty() ? Turn::kCall : Turn::kFinal;
  reply.http = dialect == Dialect::kAnthropic ? AnthropicReply(*body, turn, command) : ResponsesReply(*body, turn, command);
  return reply;
}

ProbeServer::ProbeServer(Fd listener, Dialect dialect, std::string command)
    : listener_(std::move(listener)), dialect_(dialect), command_(std::move(command)) {}

void ProbeServer::Accept() {
  Fd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (fd.valid() && connections_.size() < kMaxProbeConnections) connections_.push_back({std::move(fd), {}});
}

bool ProbeServer::Advance(Connection& connection) {
  char part[16384];
  const ssize_t n = recv(connection.fd.get(), part, sizeof part, 0);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  if (n == 0) return false;
  connection.bytes.append(part, static_cast<size_t>(n));
  const size_t head_end = connection.bytes.find("\r\n\r\n");
  if (head_end == std::string::npos) return connection.bytes.size() <= kMaxHeadBytes;
  const std::string_view head = std::string_view(connection.bytes).substr(0, head_end);
  const std::string_view length = Field(head, "content-length");
  size_t wanted = 0;
  if (!length.empty() && std::from_chars(length.data(), length.data() + length.size(), wanted).ec != std::errc()) return false;
  if (wanted > kMaxProbeRequestBytes) return false;
  if (connection.bytes.size() < head_end + 4 + wanted) return true;
  const size_t from = head.find(' ');
  const size_t to = from == std::string_view::npos ? from : head.find(' ', from + 1);
  if (to == std::string_view::npos) return false;
  ++requests_;
  ProbeReply reply = AnswerProbe(dialect_, command_, head.substr(from + 1, to - from - 1), std::string_view(connection.bytes).substr(head_end + 4, wanted));
  if (reply.results.size() > results_.size()) results_ = std::move(reply.results);
  // A few kilobytes: less than an empty socket's buffer takes at once. Whoever does not read them loses them.
  [[maybe_unused]] const ssize_t sent = send(connection.fd.get(), reply.http.data(), reply.http.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return false;
}

ProbeServer::End ProbeServer::ServeUntil(int done, int timeout_ms) {
  const int64_t deadline = MonotonicNanos() / 1'000'000 + timeout_ms;
  for (;;) {
    const int64_t left = deadline - MonotonicNanos() / 1'000'000;
    if (left <= 0) return End::kTimeUp;
    std::vector<pollfd> waiting{{done, POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    for (const Connection& connection : connections_) waiting.push_back({connection.fd.get(), POLLIN, 0});
    if (poll(waiting.data(), waiting.size(), static_cast<int>(left)) < 0 && errno != EINTR) return End::kTimeUp;
    if (waiting[0].revents != 0) return End::kDone;
    for (size_t i = connections_.size(); i-- > 0;)
      if (waiting[i + 2].revents != 0 && !Advance(connections_[i])) connections_.erase(connections_.begin() + static_cast<ptrdiff_t>(i));
    if (waiting[1].revents != 0) Accept();
  }
}

}  // namespace checkrein::cli
