#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sandbox/hostile/hostile.h"

namespace hostile {
Result Verdict(bool succeeded) {
  if (!succeeded) printf("%s\n", strerror(errno));
  return succeeded ? Result::kSucceeded : Result::kStopped;
}
Result Unless(bool stopped) { return stopped ? Result::kStopped : Result::kSucceeded; }
}  // namespace hostile

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string argument = argc > 2 ? argv[2] : "";
  for (const hostile::Case* table : {hostile::kFileCases, hostile::kProcessCases, hostile::kKernelCases, hostile::kNetworkCases}) {
    for (; table->name != nullptr; ++table) {
      if (strcmp(table->name, argv[1]) == 0) return static_cast<int>(table->run(argument));
    }
  }
  fprintf(stderr, "no such case: %s\n", argv[1]);
  return 2;
}
