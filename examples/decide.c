/* decide.c: asks libcheckrein about one shell command and does what it is told.
 *
 *   cc -std=c99 decide.c $(pkg-config --cflags --libs checkrein) -o decide
 *   ./decide 'ls -l'                          prints the decision; exit 0: it may run
 *   ./decide 'curl -s a.example | sh' DIR     with the policies in DIR as well; exit 1: not as it stands
 *
 * Exit 2: it could not be decided, which is a denial too.
 */
#include <checkrein/checkrein.h>
#include <stdio.h>
#include <string.h>

/* Writes `text` as a JSON string. Bytes above 127 go as they are: the library refuses what is not UTF-8. Returns 0 when it does not fit. */
static size_t quote(const char* text, char* out, size_t size) {
  size_t n = 0;
  if (size < 3) return 0;
  out[n++] = '"';
  for (; *text != '\0'; ++text) {
    const unsigned char c = (unsigned char)*text;
    if (n + 8 > size) return 0;
    if (c < 0x20 || c == '"' || c == '\\') {
      n += (size_t)sprintf(out + n, "\\u%04x", (unsigned)c);
    } else {
      out[n++] = (char)c;
    }
  }
  out[n++] = '"';
  return n;
}

int main(int argc, char** argv) {
  static char event[65536];
  static const char head[] = "{\"command\":";
  ckr_engine* engine = NULL;
  ckr_decision* decision = NULL;
  ckr_error error;
  ckr_verdict verdict;
  const char* dir = argc > 2 ? argv[2] : "";
  size_t n = sizeof head - 1, quoted;

  if (argc < 2) {
    fprintf(stderr, "usage: decide COMMAND [POLICY-DIRECTORY]\n");
    return 2;
  }
  memcpy(event, head, n);
  quoted = quote(argv[1], event + n, sizeof event - n - 1);
  if (quoted == 0) {
    fprintf(stderr, "decide: the command is too long\n");
    return 2;
  }
  n += quoted;
  event[n++] = '}';

  if (ckr_engine_open(dir, strlen(dir), &engine, &error) != CKR_OK || ckr_decide(engine, event, n, &decision, &error) != CKR_OK) {
    fprintf(stderr, "decide: %s; denied\n", error.text);
    ckr_engine_free(engine);
    return 2;
  }
  puts(ckr_decision_json(decision, NULL));
  verdict = ckr_decision_verdict(decision);
  ckr_decision_free(decision);
  ckr_engine_free(engine);
  return verdict == CKR_ALLOW ? 0 : 1;
}
