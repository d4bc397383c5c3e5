#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

// Every bound of the server, with its unit and its reason. What an operator may want to change is
// copied into app::Config, with these as defaults (PROTOCOL section 2).
namespace fairlead::limits {

using namespace std::chrono_literals;

// --- what a client may say -----------------------------------------------------------------------
inline constexpr std::size_t kMessageCharsMax = 4000;       // characters (code points), not bytes
inline constexpr std::size_t kRequestBodyBytesMax = 64 * 1024;
inline constexpr std::size_t kWsMessageBytesMax = 64 * 1024;
inline constexpr std::size_t kRoomNameCharsMax = 80;
inline constexpr std::size_t kRoomTopicCharsMax = 500;
inline constexpr std::size_t kUserNameCharsMin = 2;
inline constexpr std::size_t kUserNameCharsMax = 32;
inline constexpr std::size_t kDisplayNameCharsMax = 80;
inline constexpr std::size_t kPasswordCharsMin = 8;
inline constexpr std::size_t kPasswordBytesMax = 1024;      // argon2 reads it all: bounds the work
inline constexpr std::size_t kNonceCharsMax = 128;
inline constexpr std::size_t kMetadataBytesMax = 4096;
inline constexpr std::size_t kPageMessagesDefault = 50;
inline constexpr std::size_t kPageMessagesMax = 200;
inline constexpr std::int64_t kSlowModeSecondsMax = 6 * 3600;
inline constexpr std::int64_t kMuteSecondsMax = 365 * 24 * 3600;  // longer: make them a reader
inline constexpr std::size_t kRoomsPerUserMax = 1000;       // bounds a session's subscriptions

// --- HTTP framing (http/framing_guard) -----------------------------------------------------------
inline constexpr std::size_t kHeadBytesMax = 8 * 1024;
inline constexpr std::size_t kTargetBytesMax = 4 * 1024;
inline constexpr std::size_t kHeadersMax = 64;
inline constexpr auto kHeadTimeout = 10s;                   // slow heads (CWE-400)
inline constexpr auto kBodyTimeout = 30s;
inline constexpr auto kKeepAliveTimeout = 75s;
inline constexpr auto kUnreadAnswerTimeout = 30s;           // an answer that the client does not read

// --- the log -------------------------------------------------------------------------------------
inline constexpr std::size_t kWriterQueueMax = 16 * 1024;   // commands waiting; beyond: 503 overloaded
inline constexpr std::size_t kWriterBatchMax = 1024;        // commands in one commit
inline constexpr std::size_t kReaderQueueMax = 64 * 1024;   // reads waiting; beyond: 503 overloaded
inline constexpr std::size_t kTailEventsMax = 32 * 1024;    // events a shard keeps in memory
inline constexpr std::size_t kTailBytesMax = 32 * 1024 * 1024;
inline constexpr std::size_t kPageEventsMax = 500;          // events of one catch-up page

// --- sessions ------------------------------------------------------------------------------------
inline constexpr std::size_t kOutboxBytesMax = 256 * 1024;  // then the session stops being live (G6)
inline constexpr std::size_t kOutboxEphemeralFramesMax = 64;
inline constexpr std::size_t kBacklogsMax = 16;             // large rooms that wait to be written to, a shard
inline constexpr std::size_t kBacklogEventsMax = 1024;      // of one of them; then its sessions read on from the log
inline constexpr std::size_t kBacklogBytesMax = 1024 * 1024;  // the same, when that is less
inline constexpr auto kSlowClientTimeout = 60s;             // reads nothing for so long: 4008 (G6)
inline constexpr auto kProbeTimeout = 10s;
inline constexpr auto kSecondProbeDelay = 300ms;            // SSE: shows that events are not held back
inline constexpr auto kPongTimeout = 10s;
inline constexpr int kHeartbeatDefault_s = 20;
inline constexpr int kHeartbeatMin_s = 5;
inline constexpr int kHeartbeatMax_s = 55;
inline constexpr int kPollTimeoutDefault_s = 20;
inline constexpr int kPollTimeoutMax_s = 55;
inline constexpr std::size_t kPollEventsDefault = 500;
inline constexpr std::size_t kPollEventsMax = 500;
inline constexpr auto kPollLinger = 10ms;
inline constexpr auto kPollSessionLife = 30s;               // a poll session without a poll
inline constexpr std::size_t kPollEphemeralsMax = 64;
inline constexpr std::size_t kPaddingBytesMax = 16 * 1024;
inline constexpr std::size_t kSessionsPerUserMax = 25'000;  // on one shard, parked ones included

// --- presence ------------------------------------------------------------------------------------
inline constexpr auto kLeaveGrace = 15s;                    // G7
inline constexpr auto kLeaseTtl = 10s;
inline constexpr auto kTypingInterval = 3s;

// --- tokens --------------------------------------------------------------------------------------
inline constexpr std::size_t kSessionIdBytesMax = 46;  // that is how long they are
inline constexpr auto kTokenLife = std::chrono::hours(24 * 30);
inline constexpr auto kTicketLife = 30s;
inline constexpr std::size_t kBlockingQueueMax = 256;       // password hashes waiting; beyond: 503
inline constexpr std::size_t kJwtBytesMax = 6 * 1024;       // the rest of the 8 KiB head is the request's
inline constexpr std::size_t kJwtKeyFileBytesMax = 64 * 1024;
inline constexpr std::size_t kJwtKnownMax = 20'000;         // good tokens kept in mind, 0.3 KB each
inline constexpr std::size_t kJwtWaitingMax = 1024;         // requests whose token is being checked; beyond: 503

}  // namespace fairlead::limits
