#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "hub/outbox.h"

namespace fairlead::stream {

enum class Write : std::uint8_t { kAll, kSome, kBroken };

// Writes `text` from `offset` on without blocking and moves `offset` forward.
Write write_text(int fd, const std::string& text, std::size_t& offset);

// Writes from the front of the outbox without blocking, as many frames as one sendmsg(2) takes at a time, and
// takes what was written out of it.
Write write_outbox(int fd, hub::Outbox& outbox);

}  // namespace fairlead::stream
