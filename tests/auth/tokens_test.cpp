#include "auth/tokens.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "core/limits.h"
#include "tests/auth/manual_clock.h"

namespace fairlead::auth {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kFitsAnywhere =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-";

struct TokensTest : testing::Test {
  ManualClock clock;
  Tokens tokens{std::string(32, 'k'), clock};
  const UserId alice{7};
  const UserId bob{8};

  std::string detail(std::string_view token) const {
    const auto checked = tokens.check_token(token);
    EXPECT_FALSE(checked);
    if (checked) return "accepted";
    EXPECT_EQ(checked.error().code, ErrorCode::kUnauthorized);
    return checked.error().detail;
  }
};

TEST_F(TokensTest, ATokenNamesItsUserAndItsExpiry) {
  const Issued issued = tokens.issue_token(alice);
  const auto identity = tokens.check_token(issued.text);
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->user, alice);
  EXPECT_EQ(identity->expires_at_ms, issued.expires_at_ms);
  EXPECT_EQ(issued.expires_at_ms, clock.wall_ms() + milliseconds(limits::kTokenLife).count());
  EXPECT_FALSE(identity->token_id.empty());
  EXPECT_LE(identity->token_id.size(), 64u);
}

TEST_F(TokensTest, TokensAndTicketsFitAUrlAndASubprotocolEntry) {
  const Issued token = tokens.issue_token(UserId(INT64_MAX));
  const Issued ticket = tokens.issue_ticket(*tokens.check_token(token.text));
  for (const std::string& text : {token.text, ticket.text}) {
    EXPECT_LE(text.size(), 200u);
    EXPECT_EQ(text.find_first_not_of(kFitsAnywhere), std::string::npos) << text;
  }
}

TEST_F(TokensTest, TheLongestTokenIdStillFitsATicket) {
  const Identity of{alice, std::string(64, 'j'), clock.wall_ms() + 1000, UINT64_MAX};
  const Issued ticket = tokens.issue_ticket(of);
  EXPECT_LE(ticket.text.size(), 200u);
  const auto checked = tokens.check_ticket(ticket.text);
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked->identity.token_id, of.token_id);
  EXPECT_EQ(checked->identity.key, of.key);
}

TEST_F(TokensTest, ATicketOfATokenThatIsNotOursSaysWhichKeyVouchesForIt) {
  const Identity of{alice, "j_1", clock.wall_ms() + 1000};
  EXPECT_EQ(tokens.check_ticket(tokens.issue_ticket(of).text).error().detail,
            "the ticket is malformed");
}

TEST_F(TokensTest, TwoTokensOfOneUserAreNotTheSame) {
  const auto first = tokens.check_token(tokens.issue_token(alice).text);
  const auto second = tokens.check_token(tokens.issue_token(alice).text);
  EXPECT_NE(first->token_id, second->token_id);
}

TEST_F(TokensTest, ARevokedTokenIsKnownByItsMarkUntilItHasExpired) {
  const auto token = *tokens.check_token(tokens.issue_token(alice).text);
  const auto mark = mark_of(token.token_id);
  EXPECT_FALSE(tokens.revoked(mark));
  tokens.revoke(token.token_id);
  EXPECT_TRUE(tokens.revoked(mark));
  EXPECT_FALSE(tokens.revoked(mark_of("t_another")));
  clock.advance(Millis(token.expires_at_ms - clock.wall_ms() + 1));
  tokens.revoke(tokens.check_token(tokens.issue_token(alice).text)->token_id);
  EXPECT_FALSE(tokens.revoked(mark)) << "forgotten with its id";
}

TEST_F(TokensTest, AnyOtherCharacterAnywhereMakesATokenMalformed) {
  const std::string good = tokens.issue_token(alice).text;
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : std::string_view("Aa0-_.~=\0\xff", 10)) {
      if (good[i] == c) continue;
      std::string bad = good;
      bad[i] = c;
      EXPECT_EQ(detail(bad), "the token is malformed") << i;
    }
  }
}

TEST_F(TokensTest, AnyTruncatedOrLengthenedTokenIsMalformed) {
  const std::string good = tokens.issue_token(alice).text;
  for (std::size_t n = 0; n < good.size(); ++n) {
    EXPECT_EQ(detail(std::string_view(good).substr(0, n)), "the token is malformed");
  }
  EXPECT_EQ(detail(good + "A"), "the token is malformed");
  EXPECT_EQ(detail(good + "="), "the token is malformed");
  EXPECT_EQ(detail(" " + good), "the token is malformed");
  EXPECT_EQ(detail(good + std::string(100'000, 'A')), "the token is malformed");
}

TEST_F(TokensTest, ATokenOfAnotherKeyIsMalformed) {
  Tokens other{std::string(32, 'x'), clock};
  EXPECT_EQ(detail(other.issue_token(alice).text), "the token is malformed");
}

TEST_F(TokensTest, AnotherNodeWithTheSameKeyAcceptsTheToken) {
  Tokens other{std::string(32, 'k'), clock};
  EXPECT_TRUE(other.check_token(tokens.issue_token(alice).text));
}

TEST_F(TokensTest, AProbeIsKnownByAnyNodeAsMadeForItsSession) {
  Tokens other{std::string(32, 'k'), clock}, stranger{std::string(32, 'x'), clock};
  const auto probe = tokens.make_probe("s_one");
  EXPECT_GE(probe, 0);
  EXPECT_NE(probe, tokens.make_probe("s_one"));
  EXPECT_TRUE(other.is_probe_of("s_one", probe));
  EXPECT_FALSE(other.is_probe_of("s_two", probe));
  EXPECT_FALSE(other.is_probe_of("s_one", probe ^ 1));
  EXPECT_FALSE(other.is_probe_of("s_one", -probe));
  EXPECT_FALSE(stranger.is_probe_of("s_one", probe));
}

TEST_F(TokensTest, ATokenExpiresAtItsTime) {
  const Issued issued = tokens.issue_token(alice);
  clock.advance(milliseconds(limits::kTokenLife) - milliseconds(1));
  EXPECT_TRUE(tokens.check_token(issued.text));
  clock.advance(milliseconds(1));
  EXPECT_EQ(detail(issued.text), "the token has expired");
}

TEST_F(TokensTest, ARevokedTokenIsRefusedAndItsSiblingIsNot) {
  const Issued gone = tokens.issue_token(alice);
  const Issued stays = tokens.issue_token(alice);
  tokens.revoke(tokens.check_token(gone.text)->token_id);
  EXPECT_EQ(detail(gone.text), "the token was revoked");
  EXPECT_TRUE(tokens.check_token(stays.text));
}

TEST_F(TokensTest, ARevocationIsKeptAsLongAsItMattersAndNoLonger) {
  const std::string first = tokens.check_token(tokens.issue_token(alice).text)->token_id;
  tokens.revoke(first);
  clock.advance(milliseconds(limits::kTokenLife) / 2);
  const std::string second = tokens.check_token(tokens.issue_token(alice).text)->token_id;
  tokens.revoke(second);
  tokens.revoke("jti-of-another-issuer");
  EXPECT_TRUE(tokens.revoked(first));
  clock.advance(milliseconds(limits::kTokenLife) / 2 + milliseconds(1));
  tokens.revoke("t_");  // pruning happens at the next revocation
  EXPECT_FALSE(tokens.revoked(first));
  EXPECT_TRUE(tokens.revoked(second));
  EXPECT_TRUE(tokens.revoked("jti-of-another-issuer"));
}

TEST_F(TokensTest, ATicketCarriesTheIdentityOfItsToken) {
  const auto of = *tokens.check_token(tokens.issue_token(alice).text);
  const Issued issued = tokens.issue_ticket(of);
  const auto ticket = tokens.check_ticket(issued.text);
  ASSERT_TRUE(ticket);
  EXPECT_EQ(ticket->identity.user, alice);
  EXPECT_EQ(ticket->identity.token_id, of.token_id);
  EXPECT_EQ(ticket->identity.expires_at_ms, of.expires_at_ms);
  EXPECT_EQ(ticket->expires_at_ms, clock.wall_ms() + milliseconds(limits::kTicketLife).count());
  EXPECT_NE(ticket->ticket_id, tokens.check_ticket(tokens.issue_ticket(of).text)->ticket_id);
}

TEST_F(TokensTest, ATicketIsNoTokenAndATokenNoTicket) {
  const Issued token = tokens.issue_token(alice);
  const Issued ticket = tokens.issue_ticket(*tokens.check_token(token.text));
  EXPECT_EQ(detail(ticket.text), "the token is malformed");
  const auto checked = tokens.check_ticket(token.text);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().detail, "the ticket is malformed");
}

TEST_F(TokensTest, ATicketExpiresAfterThirtySeconds) {
  const Issued ticket = tokens.issue_ticket(*tokens.check_token(tokens.issue_token(alice).text));
  clock.advance(milliseconds(limits::kTicketLife) - milliseconds(1));
  EXPECT_TRUE(tokens.check_ticket(ticket.text));
  clock.advance(milliseconds(1));
  EXPECT_EQ(tokens.check_ticket(ticket.text).error().detail, "the ticket has expired");
}

TEST_F(TokensTest, ATicketDiesWithItsToken) {
  const auto of = *tokens.check_token(tokens.issue_token(alice).text);
  const Issued ticket = tokens.issue_ticket(of);
  tokens.revoke(of.token_id);
  EXPECT_EQ(tokens.check_ticket(ticket.text).error().detail, "the token was revoked");

  const Identity short_lived{alice, "t_short", clock.wall_ms() + 5};
  const Issued other = tokens.issue_ticket(short_lived);
  clock.advance(milliseconds(5));
  EXPECT_EQ(tokens.check_ticket(other.text).error().detail, "the token has expired");
}

TEST_F(TokensTest, OnlyItsUserOwnsASessionId) {
  const std::string session = tokens.make_session_id(alice);
  EXPECT_LE(session.size(), 64u);
  EXPECT_TRUE(session.starts_with("s_"));
  EXPECT_EQ(session.find_first_not_of(kFitsAnywhere), std::string::npos);
  EXPECT_TRUE(tokens.owns_session_id(alice, session));
  EXPECT_FALSE(tokens.owns_session_id(bob, session));
  Tokens other{std::string(32, 'x'), clock};
  EXPECT_FALSE(other.owns_session_id(alice, session));
}

TEST_F(TokensTest, AnAlteredSessionIdIsNobodys) {
  const std::string good = tokens.make_session_id(alice);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == 'B' ? 'C' : 'B';
    EXPECT_FALSE(tokens.owns_session_id(alice, bad)) << i;
    EXPECT_FALSE(tokens.owns_session_id(alice, good.substr(0, i)));
  }
  EXPECT_FALSE(tokens.owns_session_id(alice, good + "A"));
}

TEST_F(TokensTest, SessionIdsAreUnique) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(tokens.make_session_id(alice));
  EXPECT_EQ(seen.size(), 1000u);
}

TEST_F(TokensTest, AKeyOfTheWrongLengthIsRefusedAtOnce) {
  EXPECT_THROW(Tokens("short", clock), std::invalid_argument);
}

}  // namespace
}  // namespace fairlead::auth
