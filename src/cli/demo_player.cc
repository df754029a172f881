#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <optional>

#include "base/fd.h"
#include "cli/demo.h"

namespace checkrein::cli {
namespace {

constexpr size_t kMaxRecordingBytes = 4u << 20;
constexpr size_t kMaxOutputBytes = 1u << 20;

struct Ran {
  int exit_code = 127;
  std::string out, err;
};

// Runs `/bin/sh -c command` with `input` on its standard input.
Result<Ran> Run(const std::string& command, const std::string& input) {
  int in[2], out[2], err[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) return SystemError("pipe", errno);
  Fd in_read(in[0]), in_write(in[1]), out_read(out[0]), out_write(out[1]), err_read(err[0]), err_write(err[1]);
  const pid_t pid = fork();
  if (pid < 0) return SystemError("fork", errno);
  if (pid == 0) {
    dup2(in_read.get(), 0);
    dup2(out_write.get(), 1);
    dup2(err_write.get(), 2);
    execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    _exit(127);
  }
  in_read.Reset(-1);
  out_write.Reset(-1);
  err_write.Reset(-1);
  // The hook reads all of its input before it writes, and inputs here are smaller than what it then says needs room.
  [[maybe_unused]] const Status written = WriteAll(in_write.get(), input);
  in_write.Reset(-1);
  Ran ran;
  Result<std::string> text = ReadAll(out_read.get(), kMaxOutputBytes);
  if (text) ran.out = std::move(text).take();
  text = ReadAll(err_read.get(), kMaxOutputBytes);
  if (text) ran.err = std::move(text).take();
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ran;
}

// What a file tool of the client does when it is let.
json::Value UseFileTool(const json::Value& input) {
  const json::Value& arguments = input.At("tool_input");
  const std::string path(arguments.Text("file_path"));
  json::Value response;
  if (input.Text("tool_name") == "Read") {
    const Result<std::string> text = ReadFile(path, kMaxOutputBytes);
    response.Set("file", json::Value().Set("filePath", path).Set("content", text ? *text : text.error().text));
  } else {
    const Status written = ReplaceFile(path, arguments.Text("content"), 0644);
    response.Set("filePath", path).Set("success", written.ok());
  }
  return response;
}

// Asks the hook about `input`, a call, and does what it says. Nothing: it was denied.
Result<std::optional<json::Value>> Call(const json::Value& input, const std::string& hook_command) {
  const Result<Ran> asked = Run(hook_command, input.Dump());
  if (!asked) return asked.error();
  if (asked->exit_code != 0) return std::optional<json::Value>();
  std::string command;
  if (!asked->out.empty()) {
    const Result<json::Value> answer = json::Parse(asked->out);
    if (!answer) return answer.error();
    const json::Value& decided = answer->At("hookSpecificOutput");
    if (decided.Text("permissionDecision") != "allow") return std::optional<json::Value>();
    command = decided.At("updatedInput").Text("command");
  }
  if (input.Text("tool_name") != "Bash") return std::optional<json::Value>(UseFileTool(input));
  if (command.empty()) return Error{Error::Kind::kInternal, "a command was permitted without a ticket"};
  const Result<Ran> ran = Run(command, "");
  if (!ran) return ran.error();
  json::Value response;
  response.Set("stdout", ran->out).Set("stderr", ran->err).Set("interrupted", false);
  return std::optional<json::Value>(std::move(response));
}

}  // namespace

int PlayRecording(const std::string& path, const std::string& hook_command) {
  const Result<std::string> recording = ReadFile(path, kMaxRecordingBytes);
  if (!recording) {
    std::fprintf(stderr, "demo: %s\n", recording.error().text.c_str());
    return 1;
  }
  std::optional<json::Value> response;  // of the last call, if it ran
  for (size_t at = 0; at < recording->size();) {
    const size_t end = std::min(recording->find('\n', at), recording->size());
    const Result<json::Value> line = json::Parse(std::string_view(*recording).substr(at, end - at));
    at = end + 1;
    if (!line) {
      std::fprintf(stderr, "demo: the recording: %s\n", line.error().text.c_str());
      return 1;
    }
    json::Value input = line->At("input");
    const std::string_view event = input.Text("hook_event_name");
    if (event == "PreToolUse") {
      Result<std::optional<json::Value>> called = Call(input, hook_command);
      if (!called) {
        std::fprintf(stderr, "demo: %s\n", called.error().text.c_str());
        return 1;
      }
      response = std::move(called).take();
      continue;
    }
    if (event == "PostToolUse") {
      if (!response) continue;  // it did not run, so there is nothing to tell
      input.Set("tool_response", *std::exchange(response, std::nullopt));
    }
    const Result<Ran> told = Run(hook_command, input.Dump());
    if (!told || told->exit_code != 0) {
      std::fprintf(stderr, "demo: the hook failed: %s\n", told ? told->err.c_str() : told.error().text.c_str());
      return 1;
    }
  }
  return 0;
}

}  // namespace checkrein::cli
