using Purser.Ethereum;
using Purser.Protocol.Payments;
using Purser.Services.Tests.Payments;
using Purser.Storage;

namespace Purser.Services.Tests.Facilitator;

/// <summary>
/// Payers whose account runs a contract's code by EIP-7702, on a chain with Prague's rules: before Prague no account runs what it is delegated to, and every question to such an account fails.
/// </summary>
public sealed class DelegatedPayerTests : IAsyncLifetime
{
    private static readonly Address s_code = Address.Parse("0x1000000000000000000000000000000000007702");

    private readonly string _folder = Directory.CreateTempSubdirectory("purser-7702-").FullName;
    private FacilitatorWorld _world = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await FacilitatorWorld.OpenAsync(StoreUrl.ForFile(Path.Combine(_folder, "facilitator.db")), hardfork: Hardfork.Prague);
        _world.Chain.SetCode(s_code, Wallets.TakesAnythingWithMark);
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    // The payer signs that it runs this code from now on; anybody may bring that on chain.
    private async Task DelegateAsync(PrivateKey payer, Address code)
    {
        using var bearer = FacilitatorWorld.KeyOf(70);
        _world.Chain.SetBalance(bearer.Address, UInt256.Parse("1000000000000000000"));
        var authorization = new Authorization(FacilitatorWorld.Network.Value, code, await _world.Chain.GetTransactionCountAsync(payer.Address)).Sign(payer);
        var transaction = new Transaction7702
        {
            ChainId = FacilitatorWorld.Network,
            Nonce = await _world.Chain.GetTransactionCountAsync(bearer.Address),
            MaxFeePerGas = 100_000_000_000UL,
            MaxPriorityFeePerGas = 1_000_000_000UL,
            GasLimit = 200_000,
            To = bearer.Address,
            AuthorizationList = [authorization],
        };
        var hash = await _world.Chain.SendRawTransactionAsync(transaction.Sign(bearer).Raw);
        (await _world.Chain.GetTransactionReceiptAsync(hash)).ShouldNotBeNull().Succeeded.ShouldBeTrue();
        (await _world.Chain.GetCodeAsync(payer.Address)).ShouldBe([0xef, 0x01, 0x00, .. code.ToArray()]);
    }

    private async Task ShouldSettleAsync(FacilitatorRequest request, ulong payments)
    {
        var verdict = await _world.Facilitator.VerifyAsync(request);
        verdict.InvalidReason.ShouldBeNull(verdict.InvalidMessage);
        var settled = await _world.Facilitator.SettleAsync(request);
        settled.ErrorReason.ShouldBeNull(settled.ErrorMessage);
        settled.Success.ShouldBeTrue();
        (await _world.Facilitator.SettleAsync(request)).ShouldBe(settled);
        _world.Node.Sends.ShouldBe((int)payments);
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(payments * 1000);
    }

    [Fact]
    public async Task A_delegated_account_pays_by_EIP_3009_with_what_its_code_takes_and_not_with_its_key()
    {
        await DelegateAsync(_world.Payer, s_code);
        var message = _world.Message(1);
        var byKey = _world.Request(message);
        (await _world.Facilitator.VerifyAsync(byKey)).InvalidReason.ShouldBe("invalid_exact_evm_signature");
        (await _world.Facilitator.SettleAsync(byKey)).ErrorReason.ShouldBe("invalid_exact_evm_signature");
        _world.Node.Sends.ShouldBe(0);
        await ShouldSettleAsync(_world.Request(message, signature: new byte[] { 0x42, 1, 2, 3 }), 1);
        (await _world.BalanceAsync(_world.Payer.Address)).ShouldBe(FacilitatorWorld.Funds - 1000);

        // Taken back, the key counts again.
        await DelegateBackAsync(_world.Payer);
        await ShouldSettleAsync(_world.Request(_world.Message(2)), 2);
    }

    [Fact]
    public async Task A_delegated_account_pays_by_Permit2_with_what_its_code_takes_and_not_with_its_key()
    {
        var payer = new Permits(_world.Clock, 71);
        await _world.MintAsync(payer.Address, 5000);
        await _world.ApproveAsync(payer.Key, 5000);
        await DelegateAsync(payer.Key, s_code);
        var exact = new ExactPermit2Terms(_world.Dollar, FacilitatorWorld.Payee, 1000, 120).ToRequirements();
        var byKey = payer.Request(exact);
        (await _world.Facilitator.VerifyAsync(byKey)).InvalidReason.ShouldBe("invalid_permit2_signature");
        (await _world.Facilitator.SettleAsync(byKey)).ErrorReason.ShouldBe("invalid_permit2_signature");
        await ShouldSettleAsync(payer.Request(exact, signature: [0x42, 1]), 1);
        await ShouldSettleAsync(payer.Request(new UptoTerms(_world.Dollar, FacilitatorWorld.Payee, 1000, 120, _world.Sender).ToRequirements(), signature: [0x42, 2]), 2);
    }

    [Fact]
    public async Task A_delegation_that_changes_between_verifying_and_settling_pays_nothing()
    {
        await DelegateAsync(_world.Payer, s_code);
        var request = _world.Request(_world.Message(1), signature: new byte[] { 0x42 });
        (await _world.Facilitator.VerifyAsync(request)).IsValid.ShouldBeTrue();
        var other = Address.Parse("0x1000000000000000000000000000000000007703");
        _world.Chain.SetCode(other, Wallets.TakesNothing);
        await DelegateAsync(_world.Payer, other);
        (await _world.Facilitator.SettleAsync(request)).ErrorReason.ShouldBe("invalid_exact_evm_signature");
        _world.Node.Sends.ShouldBe(0);
        (await _world.BalanceAsync(FacilitatorWorld.Payee)).ShouldBe(0UL);
    }

    private async Task DelegateBackAsync(PrivateKey payer)
    {
        using var bearer = FacilitatorWorld.KeyOf(70);
        var back = new Authorization(FacilitatorWorld.Network.Value, Address.Zero, await _world.Chain.GetTransactionCountAsync(payer.Address)).Sign(payer);
        var transaction = new Transaction7702
        {
            ChainId = FacilitatorWorld.Network,
            Nonce = await _world.Chain.GetTransactionCountAsync(bearer.Address),
            MaxFeePerGas = 100_000_000_000UL,
            MaxPriorityFeePerGas = 1_000_000_000UL,
            GasLimit = 200_000,
            To = bearer.Address,
            AuthorizationList = [back],
        };
        await _world.Chain.SendRawTransactionAsync(transaction.Sign(bearer).Raw);
        (await _world.Chain.GetCodeAsync(payer.Address)).ShouldBeEmpty();
    }
}
