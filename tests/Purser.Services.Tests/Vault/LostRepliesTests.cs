using System.Net;
using System.Text;
using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Protocol.Payments;
using Purser.Wallet;
using Purser.Wallet.Vault;

namespace Purser.Services.Tests.Vault;

/// <summary>The client against a line that loses replies, and against what is no vault.</summary>
public sealed class LostRepliesTests
{
    private static readonly Address s_account = Address.Parse("0x70997970c51812dc3a010c7d01b50e0d17dc79c8");

    [Fact]
    public async Task A_lost_reply_is_asked_for_again_under_the_same_id()
    {
        var intent = VaultWorld.Intent("lost-twice", s_account);
        var answer = new AuthorizationResult.Authorized(intent.Id, new SentTransaction(VaultWorld.Chain, null));
        using var line = new Line(attempt => attempt < 3 ? throw Broken() : Reply(HttpStatusCode.OK, PaymentHeader.Json(writer => WalletJson.Write(writer, answer))));
        (await line.Wallet.AuthorizeAsync(intent)).ShouldBe(answer);
        line.Bodies.Count.ShouldBe(3);
        line.Bodies.Distinct().ShouldBe([Encoding.UTF8.GetString(IntentJson.Write(intent))]);
    }

    [Fact]
    public async Task When_every_reply_is_lost_a_payment_is_locked_and_a_transaction_may_have_been_sent()
    {
        using var line = new Line(_ => throw Broken());
        var payment = (await line.Wallet.AuthorizeAsync(VaultWorld.Intent("lost", s_account))).ShouldBeOfType<AuthorizationResult.Refused>().Reason;
        payment.ShouldSatisfyAllConditions(reason => reason.Code.ShouldBe("vault_unreachable"), reason => reason.Kind.ShouldBe(WalletRefusalKind.Locked));
        (await line.Wallet.AuthorizeAsync(Transfer())).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Kind.ShouldBe(WalletRefusalKind.OpenPayment);

        using var never = new Line(_ => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused"));
        (await never.Wallet.AuthorizeAsync(Transfer())).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Kind.ShouldBe(WalletRefusalKind.Locked, "nothing arrived, so nothing was sent");
    }

    [Fact]
    public async Task A_token_is_refreshed_once_and_not_again_and_again()
    {
        using var line = new Line(_ => Reply(HttpStatusCode.Unauthorized, """{"type":"urn:x","title":"no","status":401,"code":"session_expired","hint":"log in"}"""u8));
        var reason = (await line.Wallet.AuthorizeAsync(VaultWorld.Intent("expired", s_account))).ShouldBeOfType<AuthorizationResult.Refused>().Reason;
        reason.ShouldBe(new("session_expired", "no", "log in", WalletRefusalKind.Locked));
        line.Bodies.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(200, "")]
    [InlineData(200, "<html>welcome</html>")]
    [InlineData(200, "{}")]
    [InlineData(200, """{"v":1,"result":"authorized","intentId":"another-payment-0","statement":{"kind":"transaction","network":"eip155:1","transactionHash":null}}""")]
    [InlineData(302, "")]
    [InlineData(500, "")]
    [InlineData(400, """{"code":"x"}""")]
    [InlineData(403, """{"title":"no","code":"x","hint":"y","kind":"other"}""")]
    public async Task What_is_no_answer_of_a_vault_is_refused_and_signs_nothing(int status, string body)
    {
        using var line = new Line(_ =>
        {
            var reply = Reply((HttpStatusCode)status, Encoding.UTF8.GetBytes(body));
            reply.Headers.Location = new Uri("http://evil.example/");
            return reply;
        });
        (await line.Wallet.AuthorizeAsync(VaultWorld.Intent("no-vault", s_account))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("vault_answer_malformed");
        line.Hosts.ShouldAllBe(host => host == "localhost");
        (await Should.ThrowAsync<VaultException>(() => line.Wallet.GetPaymentAsync("no-vault________"))).Reason.Code.ShouldBe("vault_answer_malformed");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_beyond_its_cap_is_not_read(bool saysItsLength)
    {
        using var line = new Line(_ =>
        {
            var reply = Reply(HttpStatusCode.OK, []);
            reply.Content = new StreamContent(new Endless());
            reply.Content.Headers.ContentLength = saysItsLength ? long.MaxValue / 2 : null;
            return reply;
        });
        (await line.Wallet.AuthorizeAsync(VaultWorld.Intent("endless", s_account))).ShouldBeOfType<AuthorizationResult.Refused>().Reason.Code.ShouldBe("vault_answer_malformed");
    }

    [Theory]
    [InlineData("http://127.0.0.1:4025", true)]
    [InlineData("http://localhost:4025/", true)]
    [InlineData("https://vault.example", true)]
    [InlineData("unix:/run/purser/vault.sock", true)]
    [InlineData("http+unix:/run/purser/vault.sock", true)]
    [InlineData("http://vault.example", false)]
    [InlineData("http://127.0.0.1:4025/path", false)]
    [InlineData("http://user:secret@127.0.0.1:4025", false)]
    [InlineData("unix:relative.sock", false)]
    [InlineData("unix:", false)]
    [InlineData("ftp://127.0.0.1", false)]
    [InlineData("", false)]
    public void A_token_does_not_cross_a_network_in_clear_text(string text, bool taken) => VaultAddress.TryParse(text, out _).ShouldBe(taken);

    private static TransferIntent Transfer() => new() { Id = "transfer-of-coins", Account = s_account, Asset = AssetId.Native(VaultWorld.Chain), To = VaultWorld.Token.Token, Amount = 1, GasCap = 21_000 };

    private static HttpRequestException Broken() => new(HttpRequestError.ResponseEnded, "the line broke");

    private static HttpResponseMessage Reply(HttpStatusCode status, ReadOnlySpan<byte> body) => new(status) { Content = new ByteArrayContent(body.ToArray()) };

    private sealed class Line : HttpMessageHandler, IVaultTokens
    {
        private readonly Func<int, HttpResponseMessage> _answer;

        public Line(Func<int, HttpResponseMessage> answer)
        {
            _answer = answer;
            VaultAddress.TryParse("unix:/nowhere", out var address).ShouldBeTrue();
            Wallet = new VaultWallet(new HttpClient(this, disposeHandler: false), address, this, TimeProvider.System);
        }

        public VaultWallet Wallet { get; }

        public List<string> Bodies { get; } = [];

        public List<string> Hosts { get; } = [];

        public Task<string> GetAsync(string? refused, CancellationToken cancellationToken = default) => Task.FromResult(refused is null ? "first" : "second");

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Bodies.Add(request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken));
            Hosts.Add(request.RequestUri!.Host);
            return _answer(Bodies.Count);
        }
    }

    private sealed class Endless : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            Array.Fill(buffer, (byte)' ', offset, count);
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
