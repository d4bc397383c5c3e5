#include "tests/transport/websocket_rig.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <future>
#include <thread>
#include <utility>

#include "deflate/deflate.h"
#include "protocol/cursor.h"
#include "protocol/event.h"

namespace fairlead::websocket::testing {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr char kEpoch[] = "testtest";

std::array<UniqueFd, 2> unix_pair() {
  int fds[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

std::array<UniqueFd, 2> tcp_pair(int receive_buffer_bytes) {
  const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(::bind(listener.get(), raw, size), 0);
  EXPECT_EQ(::listen(listener.get(), 1), 0);
  EXPECT_EQ(::getsockname(listener.get(), raw, &size), 0);
  UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (receive_buffer_bytes > 0) {
    ::setsockopt(client.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                 sizeof receive_buffer_bytes);
  }
  EXPECT_EQ(::connect(client.get(), raw, size), 0);
  return {std::move(client), UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC))};
}

}  // namespace

std::string client_frame(int opcode, std::string_view payload, bool fin, bool mask, int rsv) {
  std::string frame;
  frame += static_cast<char>((fin ? 0x80 : 0) | rsv << 4 | opcode);
  const int masked = mask ? 0x80 : 0;
  if (payload.size() < 126) {
    frame += static_cast<char>(masked | static_cast<int>(payload.size()));
  } else {
    const int bytes = payload.size() < 65536 ? 2 : 8;
    frame += static_cast<char>(masked | (bytes == 2 ? 126 : 127));
    for (int i = bytes - 1; i >= 0; --i) {
      frame += static_cast<char>(static_cast<std::uint64_t>(payload.size()) >> (8 * i) & 0xff);
    }
  }
  if (!mask) return frame + std::string(payload);
  constexpr std::array<char, 4> kMask{0x11, 0x22, 0x33, 0x44};
  frame.append(kMask.data(), kMask.size());
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame += static_cast<char>(payload[i] ^ kMask[i % kMask.size()]);
  }
  return frame;
}

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // polls; nothing depends on it
  }
  return true;
}

// ----------------------------------------------------------------------------------- Client

int Client::Frame::close_code() const {
  if (opcode != kClose || payload.size() < 2) return -1;
  return static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool Client::fill(std::size_t bytes) {
  while (in_.size() < bytes) {
    pollfd waiting{fd_.get(), POLLIN, 0};
    const auto ms = std::chrono::duration_cast<Millis>(kPatience).count();
    if (::poll(&waiting, 1, static_cast<int>(ms)) <= 0) {
      ended_ = "timeout";
      return false;
    }
    std::array<char, 64 * 1024> buffer;
    const auto n = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (n <= 0) {
      ended_ = n == 0 ? "eof" : "reset";
      return false;
    }
    in_.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return true;
}

std::string Client::read_head() {
  std::size_t end;
  while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill(in_.size() + 1)) return {};
  }
  auto head = in_.substr(0, end + 4);
  in_.erase(0, end + 4);
  return head;
}

Client::Frame Client::read_frame() {
  const auto ended = [this] { return Frame{-1, ended_, true}; };
  const auto byte = [this](std::size_t i) { return static_cast<unsigned char>(in_[i]); };
  if (!fill(2)) return ended();
  EXPECT_EQ(byte(0) & 0x30, 0) << "reserved bits: the stream is out of step";
  EXPECT_EQ(byte(1) & 0x80, 0) << "a server does not mask";
  std::size_t length = byte(1) & 0x7f;
  std::size_t head = 2;
  if (length >= 126) {
    const std::size_t bytes = length == 126 ? 2 : 8;
    head += bytes;
    if (!fill(head)) return ended();
    length = 0;
    for (std::size_t i = 0; i < bytes; ++i) length = length << 8 | byte(2 + i);
  }
  if (length > 16 << 20) {
    ADD_FAILURE() << "a frame of " << length << " bytes: the stream is out of step";
    return {-1, "nonsense", true};
  }
  if (!fill(head + length)) return ended();
  Frame frame{byte(0) & 0xf, in_.substr(head, length), (byte(0) & 0x80) != 0, (byte(0) & 0x40) != 0};
  in_.erase(0, head + length);
  if (frame.deflated) {
    EXPECT_EQ(frame.opcode, kText) << "only a message's first frame can be compressed";
    const auto payload = std::exchange(frame.payload, {});
    EXPECT_EQ(deflate::inflate(payload, 16 << 20, frame.payload), deflate::Inflated::kWhole);
  }
  return frame;
}

std::string Client::read_text() {
  for (;;) {
    auto frame = read_frame();
    if (frame.text()) return std::move(frame.payload);
    if (frame.opcode != kPing && frame.opcode != kPong) return {};
  }
}

Client::Frame Client::read_close() {
  for (;;) {
    auto frame = read_frame();
    if (frame.opcode == kClose || frame.opcode == -1) return frame;
  }
}

std::string Client::read_text_with(std::string_view part) {
  for (;;) {
    auto text = read_text();
    if (text.empty() || text.find(part) != std::string::npos) return text;
  }
}

bool Client::at_end() {
  for (;;) {
    const auto frame = read_frame();
    if (frame.opcode == -1) return frame.payload != "timeout";
  }
}

void Client::shut_down_sending() {
  ::shutdown(fd_.get(), SHUT_WR);
}

void Client::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd_.reset();
}

// -----------------------------------------------------------------------------------
// RecordingHandler

void RecordingHandler::handle(const protocol::Command& command, const hub::Session&, Done done) {
  std::unique_lock lock(mutex_);
  ++handled_;
  if (!answer_) {
    waiting_.push_back(std::move(done));
    return;
  }
  const auto answer = answer_;
  lock.unlock();
  done(answer(command));
}

void RecordingHandler::answer_with(
    std::function<Result<std::string>(const protocol::Command&)> answer) {
  std::lock_guard lock(mutex_);
  answer_ = std::move(answer);
}

std::vector<CommandHandler::Done> RecordingHandler::take_waiting() {
  std::lock_guard lock(mutex_);
  return std::exchange(waiting_, {});
}

std::size_t RecordingHandler::handled() const {
  std::lock_guard lock(mutex_);
  return handled_;
}

// ----------------------------------------------------------------------------------- Rig

// Everybody has been in the one room since before its first event; the log itself is empty.
class Rig::RoomStore final : public store::Store {
 public:
  const std::string& epoch() const override { return epoch_; }
  void write(const std::function<void(store::Transaction&)>&) override {
    throw store::StoreFailure("nothing is written here");
  }
  std::unique_ptr<Reader> open_reader() override { return std::make_unique<RoomReader>(); }

 private:
  class RoomView final : public store::View {
    LogPosition head() override { return {}; }
    LogPosition floor() override { return {}; }
    std::vector<store::EventPtr> events(LogPosition, LogPosition, std::size_t) override {
      return {};
    }
    store::Page page(UserId, LogPosition after, store::PageLimits) override {
      return {{}, after, after};
    }
    std::vector<store::Membership> memberships(UserId) override {
      return {store::Membership{kRoom, LogPosition(1), {}}};
    }
    std::optional<User> user(UserId id) override { return User{id, "ann", "Ann", 0}; }
    std::optional<User> user_by_name(std::string_view) override { return {}; }
    std::optional<std::string> password_hash(UserId) override { return {}; }
    std::optional<UserId> external_account(std::string_view, std::string_view) override {
      return {};
    }
    std::vector<User> find_users(std::string_view, std::size_t) override { return {}; }
    bool token_revoked(std::string_view) override { return false; }
    std::vector<std::string> revoked_tokens() override { return {}; }
    std::string setting(std::string_view) override { return {}; }
    std::optional<Room> room(RoomId) override { return {}; }
    std::optional<SeenRoom> seen_room(RoomId, UserId) override { return {}; }
    std::optional<Role> role(RoomId, UserId) override { return {}; }
    std::int64_t muted_until_ms(RoomId, UserId) override { return 0; }
    std::vector<store::RoomSummary> rooms_of(UserId) override { return {}; }
    std::vector<store::RoomSummary> rooms_of(UserId, RoomId, std::size_t) override { return {}; }
    std::vector<Room> public_rooms(std::size_t) override { return {}; }
    std::vector<Member> members(RoomId, std::size_t) override { return {}; }
    std::optional<Member> member(RoomId, UserId) override { return {}; }
    std::optional<Member> heir(RoomId, UserId) override { return {}; }
    std::vector<UserId> member_ids(RoomId, std::size_t) override { return {}; }
    std::optional<Room> direct_room(UserId, UserId) override { return {}; }
    std::vector<UserId> acquaintances(UserId, std::size_t) override { return {}; }
    std::optional<Message> message(RoomId, MessageId, UserId) override { return {}; }
    std::optional<Pace> pace(RoomId, UserId) override { return {}; }
    store::History history(RoomId, const store::HistoryQuery&, UserId) override { return {}; }
    store::History inbox(UserId, MessageId, std::size_t) override { return {}; }
    std::vector<store::Said> said(MessageId, MessageId, std::size_t) override { return {}; }
    std::optional<NonceUse> nonce_use(UserId, std::string_view) override { return {}; }
  };
  class RoomReader final : public Reader {
    void read(const std::function<void(store::View&)>& work) override {
      RoomView view;
      work(view);
    }
  };
  std::string epoch_ = kEpoch;
};

Rig::Rig(WsShardOptions options, hub::ShardSettings settings)
    : store_(std::make_unique<RoomStore>()), readers_(std::make_unique<log::Readers>(*store_, 1)) {
  handler.answer_with([](const protocol::Command&) -> Result<std::string> { return "{}"; });
  settings.epoch = kEpoch;
  settings.node = "test";
  ws = std::make_unique<WsShard>(options, clock, handler, [&](std::function<void()> wake) {
    return std::make_unique<hub::Shard>(hub, *readers_, presence_, clock, settings, LogPosition{},
                                        std::move(wake));
  });
  hub.add(&ws->shard());
  readers_->start();
  EXPECT_TRUE(ws->start());
}

Rig::~Rig() {
  ws->stop();
  readers_->stop();
}

Client Rig::knock(const Knock& how) {
  auto ends = how.tcp ? tcp_pair(how.receive_buffer_bytes) : unix_pair();
  http::TakenConnection taken;
  taken.fd = std::move(ends[1]);
  taken.unread = how.early;
  hub::OpenRequest request;
  request.user = UserId(7);
  request.token.mark = {1, 1};
  request.session = how.session.empty() ? "s_" + std::to_string(++sessions_made_) : how.session;
  request.probe = how.probe;
  ws->adopt(std::move(taken), {how.key, how.subprotocol, how.deflate, "request-1"}, std::move(request));
  return Client(std::move(ends[0]));
}

Client Rig::connect(const Knock& how) {
  auto client = knock(how);
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101 "));
  EXPECT_NE(client.read_text().find(R"("type":"hello")"), std::string::npos);
  return client;
}

std::string Rig::publish(const std::string& text) {
  auto event = std::make_shared<store::Event>();
  event->position = LogPosition(++head_);
  event->room = kRoom;
  event->cursor = protocol::encode_cursor(kEpoch, event->position);
  event->json = protocol::event_json("message.created", event->cursor, kRoom, 0, {{"text", text}});
  auto batch = std::make_shared<log::Batch>();
  batch->events.push_back(event);
  hub.deliver(batch);
  return event->json;
}

void Rig::on_shard(const std::function<void(hub::Shard&)>& task) {
  std::promise<void> done;
  ASSERT_TRUE(ws->shard().post([&] {
    task(ws->shard());
    done.set_value();
  }));
  done.get_future().wait();
}

void Rig::end_all(hub::EndReason reason) {
  on_shard([&](hub::Shard& shard) {
    shard.end_where([](const hub::Session&) { return true; }, reason);
  });
}

std::size_t Rig::sessions() {
  return hub.stats().sessions;
}

}  // namespace fairlead::websocket::testing
