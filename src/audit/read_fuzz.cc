// Every reader of the log's formats on any bytes. What is read and written again is what was read: each format has one spelling.
#include <cstdlib>
#include <string>
#include <string_view>

#include "audit/checkpoint.h"
#include "audit/frame.h"
#include "audit/note.h"
#include "audit/prove.h"
#include "audit/segment.h"
#include "audit/tile.h"

namespace {

using namespace checkrein::audit;

void Check(bool holds) {
  if (!holds) std::abort();
}

void Notes(std::string_view text) {
  const checkrein::Result<Note> note = ParseNote(text);
  if (!note) return;
  const checkrein::Result<Checkpoint> checkpoint = ParseCheckpointBody(note->text);
  if (checkpoint) Check(CheckpointBody(checkpoint->origin, checkpoint->size, checkpoint->root) == note->text);
  const VerifierKey key = NoteSigner::Make("k", checkrein::Digest{}).verifier();
  (void)VerifyNote(*note, key).ok();
  (void)VerifyCosignature(*note, {"k", KeyType::kCosignature, key.key}).ok();
}

void Keys(std::string_view text) {
  if (const checkrein::Result<VerifierKey> key = VerifierKey::Parse(text)) Check(key->Text() == text);
  (void)NoteSigner::Parse(text).ok();
}

void Frames(std::string_view text) {
  for (const uint32_t at : ScanHeaders(text).offsets) {
    const checkrein::Result<Frame> frame = DecodeFrame(text.substr(at));
    if (!frame) continue;
    const std::string again = EncodeFrame(frame->header.write_position, frame->record, frame->edge, frame->signature);
    Check(text.substr(at, again.size()) == again);
  }
}

void Tiles(std::string_view text) {
  if (const std::optional<TileId> tile = ParseTilePath(text)) Check(TilePath(*tile) == text);
  const checkrein::Result<std::vector<std::string_view>> records = ParseBundle(text, 3);
  if (!records) return;
  std::string again;
  for (const std::string_view record : *records) again += BundleEntry(record);
  Check(again == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] - '0') {
    case 0: Notes(text); break;
    case 1: Keys(text); break;
    case 2: Frames(text); break;
    case 3: Tiles(text); break;
    default: (void)CheckProof(text, "record", NoteSigner::Make("k", checkrein::Digest{}).verifier()).ok();
  }
  return 0;
}
