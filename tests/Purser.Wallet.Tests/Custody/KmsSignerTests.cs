using System.Security.Cryptography;
using System.Text;
using Purser.Ethereum;
using Purser.Testing;
using Purser.Wallet.Keys;
using Purser.Wallet.Keys.Kms;

namespace Purser.Wallet.Tests.Custody;

public sealed class KmsSignerTests : IDisposable
{
    private static readonly SigningPayload.PersonalMessage s_text = new(Encoding.UTF8.GetBytes("signed far away"));

    private readonly PrivateKey _key = PrivateKey.Generate(new SeededRandom(51));

    public void Dispose() => _key.Dispose();

    [Fact]
    public async Task Any_s_and_no_v_give_the_one_strict_signature_of_the_account()
    {
        using var open = new ScriptedManager { PublicKey = Spki(_key) };
        using var signer = Found(await KmsSigner.OpenAsync(open, _key.Address));
        signer.Address.ShouldBe(_key.Address);
        Seeded.Run(Tier.Pick(50, 2_000), seeded =>
        {
            var payload = new SigningPayload.PersonalMessage(seeded.Bytes(40));
            var strict = _key.Sign(payload.Digest);
            foreach (var high in new[] { false, true })
            {
                open.Answer = Der(strict.R.ToUInt256(), high ? Signature.Order - strict.S.ToUInt256() : strict.S.ToUInt256());
                ((ISigner)signer).SignAsync(payload, CancellationToken.None).AsTask().GetAwaiter().GetResult().ShouldBe(strict);
            }
        });
    }

    [Fact]
    public async Task A_signature_by_the_base_library_s_ECDSA_is_taken_as_any_key_manager_s()
    {
        // Another implementation's DER and SubjectPublicKeyInfo, not our own writer's.
        using var ecdsa = ECDsa.Create(ECCurve.CreateFromFriendlyName("secp256k1"));
        using var manager = new ScriptedManager { PublicKey = ecdsa.ExportSubjectPublicKeyInfo() };
        using var signer = Found(await KmsSigner.OpenAsync(manager));
        for (var i = 0; i < 20; i++)
        {
            var payload = new SigningPayload.PersonalMessage(new byte[] { (byte)i });
            manager.Answer = ecdsa.SignHash(payload.Digest.ToArray(), DSASignatureFormat.Rfc3279DerSequence);
            var signature = await ((ISigner)signer).SignAsync(payload, CancellationToken.None);
            Secp256k1.TryRecover(payload.Digest, signature, out var by).ShouldBeTrue();
            by.ShouldBe(signer.Address);
        }
    }

    public static TheoryData<string, string> Bad
    {
        get
        {
            const string one = "020101";
            var n = "022100" + Signature.Order.ToString("x64", null)[2..];
            var half = new string('1', 64);
            return new()
            {
                { "", "signer_malformed" },
                { "30", "signer_malformed" },
                { "3006" + one + one, "signer_wrong_key" },
                { "3006" + one + one + "00", "signer_malformed" },
                { "3009" + one + one + one, "signer_malformed" },
                { "3007" + one + one + "05", "signer_malformed" },
                { "3006020100" + one, "signer_malformed" },
                { "3006" + one + "020100", "signer_malformed" },
                { "30060201ff" + one, "signer_malformed" },
                { "3006" + one + "020180", "signer_malformed" },
                { "300702020001" + one, "signer_malformed" },
                { "3026" + n + one, "signer_malformed" },
                { "3026" + one + n, "signer_malformed" },
                { "3027022200ff" + half + one, "signer_malformed" },
                { "308106" + one + one, "signer_malformed" },
                { "3080" + one + one + "0000", "signer_malformed" },
                { "3106" + one + one, "signer_malformed" },
                { "3008" + one + "0203010101", "signer_wrong_key" },
                { "30844000000002010102010100", "signer_malformed" },
                { new string('f', 200), "signer_malformed" },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task DER_that_is_truncated_trailing_padded_negative_zero_or_too_large_is_refused(string hex, string code) =>
        (await RefusalAsync(Convert.FromHexString(hex))).ShouldBe(code);

    [Fact]
    public async Task Every_cut_of_a_good_signature_and_every_byte_more_is_refused()
    {
        var strict = _key.Sign(s_text.Digest);
        var der = Der(strict.R.ToUInt256(), strict.S.ToUInt256());
        for (var length = 0; length < der.Length; length++)
        {
            (await RefusalAsync(der[..length])).ShouldBe("signer_malformed");
        }

        (await RefusalAsync([.. der, 0])).ShouldBe("signer_malformed");
        (await RefusalAsync([.. der, .. der])).ShouldBe("signer_malformed");
    }

    [Fact]
    public async Task The_signature_of_another_key_or_of_another_digest_is_not_released()
    {
        using var other = PrivateKey.Generate(new SeededRandom(52));
        var foreign = other.Sign(s_text.Digest);
        (await RefusalAsync(Der(foreign.R.ToUInt256(), foreign.S.ToUInt256()))).ShouldBe("signer_wrong_key");
        var elsewhere = _key.Sign(Keccak256.Hash("something else"u8));
        (await RefusalAsync(Der(elsewhere.R.ToUInt256(), elsewhere.S.ToUInt256()))).ShouldBe("signer_wrong_key");
    }

    [Fact]
    public void Fuzzed_DER_is_read_as_itself_or_refused_with_a_reason()
    {
        var strict = _key.Sign(s_text.Digest);
        var der = Der(strict.R.ToUInt256(), Signature.Order - strict.S.ToUInt256());
        Seeded.Run(Tier.Pick(5_000, 1_000_000), seeded =>
        {
            var bytes = seeded.OneIn(4) ? seeded.Bytes(seeded.Next(80)) : der.ToArray();
            for (var i = seeded.Next(4); i > 0 && bytes.Length > 0; i--)
            {
                bytes[seeded.Next(bytes.Length)] = (byte)seeded.Next(256);
            }

            if (KmsEncoding.TryReadSignature(bytes, out var r, out var s, out var why))
            {
                Der(r, s).ShouldBe(bytes);
            }
            else
            {
                why.ShouldNotBeNullOrEmpty();
            }
        });
    }

    [Fact]
    public async Task A_public_key_of_another_curve_or_form_or_account_is_refused()
    {
        using var p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var rsa = RSA.Create(1024);
        var ours = Spki(_key);
        var offCurve = ours.ToArray();
        offCurve[^1] ^= 1;
        foreach (var key in new byte[][] { [], [0x30], p256.ExportSubjectPublicKeyInfo(), rsa.ExportSubjectPublicKeyInfo(), offCurve, [.. ours, 0], ours[..^1], new byte[65], new byte[300] })
        {
            using var manager = new ScriptedManager { PublicKey = key };
            Code(await KmsSigner.OpenAsync(manager)).ShouldBe("signer_malformed");
            manager.IsDisposed.ShouldBeTrue();
        }

        using var wrong = new ScriptedManager { PublicKey = ours };
        Code(await KmsSigner.OpenAsync(wrong, Address.Parse("0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc"))).ShouldBe("signer_wrong_key");
        foreach (var point in new byte[][] { [4, .. _key.PublicKey], [(byte)(2 + (_key.PublicKey[63] & 1)), .. _key.PublicKey[..32]] })
        {
            using var bare = new ScriptedManager { PublicKey = point };
            using var signer = Found(await KmsSigner.OpenAsync(bare));
            signer.Address.ShouldBe(_key.Address);
        }
    }

    internal static byte[] Spki(PrivateKey key) => [.. Convert.FromHexString("3056301006072a8648ce3d020106052b8104000a034200"), 4, .. key.PublicKey];

    internal static byte[] Der(UInt256 r, UInt256 s) => KmsEncoding.WriteSignature(Hash32.FromUInt256(r).ToArray(), Hash32.FromUInt256(s).ToArray());

    private async Task<string> RefusalAsync(byte[] answer)
    {
        using var manager = new ScriptedManager { PublicKey = Spki(_key), Answer = answer };
        using var signer = Found(await KmsSigner.OpenAsync(manager));
        return (await Should.ThrowAsync<SignerException>(() => ((ISigner)signer).SignAsync(s_text, CancellationToken.None).AsTask())).Refusal.Code;
    }

    private static T Found<T>(KeyResult<T> result) => result.ShouldBeOfType<KeyResult<T>.Found>().Value;

    private static string Code<T>(KeyResult<T> result) => result.ShouldBeOfType<KeyResult<T>.Refused>().Reason.Code;

    private sealed class ScriptedManager : IKeyManagement
    {
        public string Name => "the scripted key manager";

        public byte[] PublicKey { get; init; } = [];

        public byte[] Answer { get; set; } = [];

        public bool IsDisposed { get; private set; }

        public Task<ReadOnlyMemory<byte>> GetPublicKeyAsync(CancellationToken cancellationToken = default) => Task.FromResult<ReadOnlyMemory<byte>>(PublicKey);

        public Task<ReadOnlyMemory<byte>> SignDigestAsync(Hash32 digest, CancellationToken cancellationToken = default) => Task.FromResult<ReadOnlyMemory<byte>>(Answer);

        public void Dispose() => IsDisposed = true;
    }
}
