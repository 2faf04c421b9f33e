using Purser.Ethereum;
using Purser.Protocol.Intents;
using Purser.Wallet;

namespace Purser.Services.Tests.SignIn;

/// <summary>A wallet of one key that signs sign-ins, as the real one does: it checks the intent, builds the text itself, and signs that.</summary>
internal sealed class AgentWallet(Address account, Func<Hash32, Signature> sign) : IWallet
{
    private int _signatures;

    public AgentWallet(PrivateKey key)
        : this(key.Address, digest => key.Sign(digest))
    {
    }

    public Address Account => account;

    /// <summary>How often it was asked to sign.</summary>
    public int Asked { get; private set; }

    /// <summary>How many signatures left it.</summary>
    public int Signatures => _signatures;

    /// <summary>Answers instead of signing.</summary>
    public AuthorizationResult? Instead { get; set; }

    public Task<AuthorizationResult> AuthorizeAsync(Intent intent, CancellationToken cancellationToken = default)
    {
        Asked++;
        var signIn = intent.ShouldBeOfType<SignInIntent>();
        if (Instead is not null)
        {
            return Task.FromResult(Instead);
        }

        if (IntentRules.Check(signIn) is { } refusal)
        {
            return Task.FromResult<AuthorizationResult>(new AuthorizationResult.Refused(new(refusal.Code, refusal.Message, "", WalletRefusalKind.Policy)));
        }

        Interlocked.Increment(ref _signatures);
        var text = signIn.ToMessage().ToText();
        return Task.FromResult<AuthorizationResult>(new AuthorizationResult.Authorized(signIn.Id, new SignedMessage(text, sign(Eip191.HashPersonalMessage(text)))));
    }

    public Task<AuthorizationResult> BeginPresentAsync(string intentId, CancellationToken cancellationToken = default) => throw new InvalidOperationException("a sign-in is no payment");

    public Task RecordOutcomeAsync(string intentId, PresentOutcome outcome, CancellationToken cancellationToken = default) => throw new InvalidOperationException("a sign-in is no payment");

    public Task<Payment> ReconcileAsync(string intentId, CancellationToken cancellationToken = default) => throw new InvalidOperationException("a sign-in is no payment");

    public Task<Payment?> GetPaymentAsync(string intentId, CancellationToken cancellationToken = default) => Task.FromResult<Payment?>(null);

    public Task<IReadOnlyList<Payment>> ListPaymentsAsync(int limit = 100, CancellationToken cancellationToken = default) => Task.FromResult<IReadOnlyList<Payment>>([]);

    public Task<IReadOnlyList<string>> ListOpenAsync(int limit = 100, CancellationToken cancellationToken = default) => Task.FromResult<IReadOnlyList<string>>([]);
}

/// <summary>A server that answers as a test says, and counts.</summary>
internal sealed class CrookedServer(Func<HttpRequestMessage, Task<HttpResponseMessage>> answer) : HttpMessageHandler
{
    private int _requests;

    public int Requests => _requests;

    public static HttpResponseMessage Json(string json, System.Net.HttpStatusCode status = System.Net.HttpStatusCode.OK) => new(status) { Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json") };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _requests);
        var response = await answer(request);
        response.RequestMessage = request;
        return response;
    }
}
