// `checkrein witness`: remembers the checkpoints of other people's logs and cosigns what extends them (C2SP tlog-witness).
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "audit/witness.h"
#include "base/clock.h"
#include "base/fd.h"
#include "cli/commands.h"
#include "cli/elsewhere.h"
#include "report/text.h"

namespace checkrein::cli {
namespace {

using audit::Witness;
using audit::WitnessAnswer;

struct WitnessOptions {
  std::string directory, name, request = "-";
  std::vector<std::string> logs;
  std::string address = "127.0.0.1";
  uint16_t port = 8777;
};

uint64_t UnixSeconds() { return static_cast<uint64_t>(UnixMillis() / 1000); }

Result<Witness> Open(const WitnessOptions& options) {
  Result<Witness> witness = Witness::Open(options.directory, options.name);
  for (const std::string& text : options.logs) {
    if (!witness) break;
    const Result<audit::VerifierKey> log = audit::VerifierKey::Parse(text);
    if (!log) return log.error();
    if (const Status trusted = witness->Trust(*log); !trusted) return trusted.error();
  }
  return witness;
}

int RunKey(const WitnessOptions& options) {
  const Result<Witness> witness = Open(options);
  if (!witness) return Report(witness.error(), kUsage);
  std::printf("%s\n", witness->verifier().Text().c_str());
  return kDone;
}

int RunSign(const WitnessOptions& options) {
  Result<Witness> witness = Open(options);
  if (!witness) return Report(witness.error(), kUsage);
  const Result<std::string> request = options.request == "-" ? ReadAll(STDIN_FILENO, audit::kMaxWitnessRequest) : ReadFile(options.request, audit::kMaxWitnessRequest);
  if (!request) return Report(request.error(), kIncomplete);
  const WitnessAnswer answer = witness->AddCheckpoint(*request, UnixSeconds());
  if (answer.status == 200) {
    std::fputs(answer.body.c_str(), stdout);
    return kDone;
  }
  if (answer.status == 409) std::fprintf(stderr, "checkrein: not signed: this witness knows %s", answer.body.c_str());
  else std::fprintf(stderr, "checkrein: not signed (%d): %s\n", answer.status, report::Plain(answer.body).c_str());
  return kFindings;
}

// What libmicrohttpd keeps of one request.
struct Incoming {
  std::string body;
  bool too_long = false;
};

MHD_Result Send(MHD_Connection* connection, const WitnessAnswer& answer) {
  MHD_Response* response = MHD_create_response_from_buffer(answer.body.size(), const_cast<char*>(answer.body.data()), MHD_RESPMEM_MUST_COPY);
  MHD_add_response_header(response, "Content-Type", answer.type);
  const MHD_Result queued = MHD_queue_response(connection, static_cast<unsigned>(answer.status), response);
  MHD_destroy_response(response);
  return queued;
}

MHD_Result OnRequest(void* context, MHD_Connection* connection, const char* url, const char* method, const char*, const char* data, size_t* size, void** state) {
  Witness& witness = *static_cast<Witness*>(context);
  const std::string_view path = url;
  if (std::strcmp(method, "GET") == 0) {
    // /HEX/checkpoint, where HEX is SHA-256 of the log's origin.
    if (path.size() == 1 + 64 + 11 && path.ends_with("/checkpoint")) return Send(connection, witness.Latest(path.substr(1, 64)));
    return Send(connection, {404, "not found\n"});
  }
  if (std::strcmp(method, "POST") != 0 || path != "/add-checkpoint") return Send(connection, {404, "not found\n"});
  if (*state == nullptr) {
    *state = new Incoming;
    return MHD_YES;
  }
  Incoming& incoming = *static_cast<Incoming*>(*state);
  if (*size > 0) {
    incoming.too_long = incoming.too_long || incoming.body.size() + *size > audit::kMaxWitnessRequest;
    if (!incoming.too_long) incoming.body.append(data, *size);
    *size = 0;
    return MHD_YES;
  }
  return Send(connection, incoming.too_long ? WitnessAnswer{400, "the request is too long\n"} : witness.AddCheckpoint(incoming.body, UnixSeconds()));
}

void OnDone(void*, MHD_Connection*, void** state, MHD_RequestTerminationCode) {
  delete static_cast<Incoming*>(*state);
  *state = nullptr;
}

int RunServe(const WitnessOptions& options) {
  Result<Witness> witness = Open(options);
  if (!witness) return Report(witness.error(), kUsage);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options.port);
  if (inet_pton(AF_INET, options.address.c_str(), &address.sin_addr) != 1) return Report(Error{Error::Kind::kInvalid, "--listen: '" + options.address + "' is no IPv4 address"}, kUsage);
  sigset_t wanted;
  sigemptyset(&wanted);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&wanted, number);
  sigprocmask(SIG_BLOCK, &wanted, nullptr);
  const Fd signals(signalfd(-1, &wanted, SFD_CLOEXEC));
  // One thread of its own, which is what Witness asks for.
  MHD_Daemon* daemon = MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD, options.port, nullptr, nullptr, OnRequest, &*witness, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CONNECTION_LIMIT,
                                        256U, MHD_OPTION_CONNECTION_TIMEOUT, 15U, MHD_OPTION_PER_IP_CONNECTION_LIMIT, 64U, MHD_OPTION_NOTIFY_COMPLETED, OnDone, nullptr, MHD_OPTION_END);
  if (daemon == nullptr) return Report(Error{Error::Kind::kIo, "cannot listen on " + options.address + ":" + std::to_string(options.port)}, kIncomplete);
  const MHD_DaemonInfo* info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
  std::printf("witness %s\nlistening on http://%s:%u\n", witness->verifier().Text().c_str(), options.address.c_str(), info != nullptr ? info->port : options.port);
  std::fflush(stdout);
  pollfd waiting{signals.get(), POLLIN, 0};
  while (poll(&waiting, 1, -1) < 0 && errno == EINTR) {
  }
  MHD_stop_daemon(daemon);
  return kDone;
}

}  // namespace

void AddWitness(CLI::App& app, Exit& exit) {
  CLI::App* command = app.add_subcommand("witness", kWitnessText);
  command->require_subcommand(1);
  const auto options = std::make_shared<WitnessOptions>();
  command->add_option("--dir", options->directory, "Where the witness keeps its key and what it has signed")->required();
  command->add_option("--name", options->name, "The key's name, when it is made: witness.example/w1");
  command->add_option("--log", options->logs, "The vkey of a log to be trusted from now on (`checkrein log key` there)");
  CLI::App* key = command->add_subcommand("key", "Make the key if there is none, trust the logs named, and print the witness's vkey");
  key->fallthrough();
  key->callback([options, &exit] { exit.code = RunKey(*options); });
  CLI::App* sign = command->add_subcommand("sign", "Answer one request (`checkrein log anchor request`) and print the cosignature line");
  sign->fallthrough();
  sign->add_option("REQUEST", options->request, "A file; - (the default) is standard input");
  sign->callback([options, &exit] { exit.code = RunSign(*options); });
  CLI::App* serve = command->add_subcommand("serve", "Answer requests over HTTP until stopped: POST /add-checkpoint, GET /HEX/checkpoint");
  serve->fallthrough();
  serve->add_option("--listen", options->address, "IPv4 address (default 127.0.0.1)");
  serve->add_option("--port", options->port, "0: any that is free (default 8777)");
  serve->callback([options, &exit] { exit.code = RunServe(*options); });
}

}  // namespace checkrein::cli
