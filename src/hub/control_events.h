#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hub/session.h"
#include "protocol/json.h"

// The events that are about the session itself (PROTOCOL section 5). Pure functions; JSON text.
namespace fairlead::hub {

enum class Resume : std::uint8_t { kFresh, kResumed, kResetUnknown, kResetTooOld };

std::string hello_json(const Session& session, Resume resume, std::string_view cursor,
                       std::string_view node, const protocol::Json& advice, std::int64_t now_ms);
std::string probe_json(std::string_view word);
std::string heartbeat_json(std::string_view head, std::int64_t now_ms);
std::string bye_json(const Ending& ending);

}  // namespace fairlead::hub
