using Purser.Ethereum;
using Purser.Wallet.Keys;

namespace Purser.Wallet.Tests;

/// <summary>A signer that signs only when the test says so. It takes the place of the account's own on the ring.</summary>
internal sealed class SlowSigner : ISigner
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PrivateKey _key;

    public SlowSigner(TestMandate mandate)
    {
        KeyStoreV3.TryDecrypt(File.ReadAllBytes(Path.Combine(mandate.Folder, "keys", "agent.json")), TestMandate.Password, out var key, out _).ShouldBeTrue();
        _key = key!;
        mandate.Keys.Add(this);
    }

    public Address Address => _key.Address;

    public Task Asked => _asked.Task;

    public void Answer() => _answer.SetResult();

    public void Dispose() => _key.Dispose();

    async ValueTask<Signature> ISigner.SignAsync(SigningPayload payload, CancellationToken cancellationToken)
    {
        _asked.TrySetResult();
        await _answer.Task;
        return _key.Sign(payload.Digest);
    }
}
