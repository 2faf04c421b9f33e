using Purser.Ethereum;
using Purser.Ethereum.Rpc;
using Purser.Protocol.Assets;
using Purser.Protocol.Contracts;

namespace Purser.Bench.Payments;

/// <summary>The test dollar of all contenders: one chain id, one address, one price, one payee.</summary>
internal static class BenchedToken
{
    internal const string Price = "0.0025 TUSD";

    internal static readonly ChainId Network = new(84532);

    /// <summary>The public development keys: the first deploys and mints, the next ones pay.</summary>
    internal static readonly PrivateKey[] Keys = [.. Enumerable.Range(0, 9).Select(Key)];

    /// <summary>The first contract of the first key, on every chain.</summary>
    internal static readonly AssetId Asset = new(Network, Address.ForCreate(Keys[0].Address, 0));

    internal static readonly Address Payee = Address.Parse("0x90F79bf6EB2c4f870365E785982E1f101E93b906");

    internal static AssetRegistry Registry { get; } = AssetRegistry.BuiltIn.With(TokenInfo.TestUsd(Asset));

    /// <summary>Deploys the token on a new chain and gives the payers a million dollars each.</summary>
    internal static async Task DeployAsync(IChain chain)
    {
        byte[] creation = [.. ContractArtifacts.TestUsd.CreationCode.Span, .. AbiFunction.Parse("function constructor_(address minter)").Inputs.Encode(Keys[0].Address)];
        await SendAsync(chain, 0, null, creation);
        var mint = AbiFunction.Parse("function mint(address to, uint256 value)");
        for (var i = 1; i < Keys.Length; i++)
        {
            await SendAsync(chain, (ulong)i, Asset.Token, mint.Encode(Keys[i].Address, (UInt256)1_000_000_000_000UL));
        }
        if ((await chain.GetCodeAsync(Asset.Token)).Length == 0)
        {
            throw new InvalidOperationException("The token was not deployed.");
        }
    }

    private static async Task SendAsync(IChain chain, ulong nonce, Address? to, byte[] data)
    {
        var signed = new Transaction1559
        {
            ChainId = Network,
            Nonce = nonce,
            GasLimit = to is null ? 3_000_000UL : 200_000UL,
            To = to,
            Data = data,
            MaxFeePerGas = 10_000_000_000UL,
            MaxPriorityFeePerGas = 1_000_000_000UL,
        }.Sign(Keys[0]);
        var hash = await chain.SendRawTransactionAsync(signed.Raw);
        while (await chain.GetTransactionReceiptAsync(hash) is not { Succeeded: true })
        {
            Sandbox.Pause.Short();
        }
    }

    private static PrivateKey Key(int index)
    {
        Span<byte> seed = stackalloc byte[Mnemonic.SeedSize];
        Mnemonic.ToSeed("test test test test test test test test test test test junk", "", seed);
        using var root = HdKey.FromSeed(seed);
        return root.Derive($"m/44'/60'/0'/0/{index}");
    }
}
