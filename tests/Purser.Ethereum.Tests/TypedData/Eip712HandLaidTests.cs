namespace Purser.Ethereum.Tests.Documents;

public sealed class Eip712HandLaidTests
{
    private static readonly Hash32 s_person = Eip712.TypeHash("Person(string name,address wallet)");
    private static readonly Hash32 s_mail = Eip712.TypeHash("Mail(Person from,Person to,string contents)Person(string name,address wallet)");

    [Fact]
    public void the_mail_of_the_standard_has_its_hashes()
    {
        var domain = Eip712Domain.Create("Ether Mail", "1", new ChainId(1), Address.Parse("0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC"));
        domain.Separator.ShouldBe(Hash32.Parse("0xf2cee375fa42b42143804025fc449deafd50cc031ca257e0b194a650a912090f"));
        s_mail.ShouldBe(Hash32.Parse("0xa0cedeb2dc280ba39b857546d74f5549c3a1d7bdc2dd96bf881f76108e23dac2"));

        var writer = new Eip712StructWriter(stackalloc byte[32 * 4], s_mail);
        writer.Add(Person("Cow", "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"));
        writer.Add(Person("Bob", "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB"));
        writer.AddString("Hello, Bob!");
        writer.Hash().ShouldBe(Hash32.Parse("0xc52c0ee5d84264471806290a3f2c4cecfc5490626bf912d01f240d7a274b371e"));
        Eip712.Digest(domain.Separator, writer.Hash()).ShouldBe(Hash32.Parse("0xbe609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2"));
    }

    [Fact]
    public void a_struct_with_a_member_missing_or_too_many_is_a_bug()
    {
        Should.Throw<InvalidOperationException>(() =>
        {
            var writer = new Eip712StructWriter(stackalloc byte[64], s_person);
            writer.Hash();
        });
        Should.Throw<InvalidOperationException>(() =>
        {
            var writer = new Eip712StructWriter(stackalloc byte[32], s_person);
            writer.Add(true);
        });
    }

    [Fact]
    public void hashing_a_hand_laid_struct_allocates_nothing()
    {
        var separator = Eip712Domain.Create("USDC", "2", new ChainId(8453), Address.Zero).Separator;
        var sum = HashOne(separator, 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong i = 0; i < 100; i++)
        {
            sum ^= HashOne(separator, i);
        }
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        sum.ShouldNotBe(0);
    }

    private static int HashOne(in Hash32 separator, ulong value)
    {
        var writer = new Eip712StructWriter(stackalloc byte[32 * 6], s_person);
        writer.Add(Address.Zero);
        writer.Add((UInt256)value);
        writer.Add(separator);
        writer.AddString("name");
        writer.AddBytes([1, 2, 3]);
        return Eip712.Digest(separator, writer.Hash()).Bytes[0] + 1;
    }

    private static Hash32 Person(string name, string wallet)
    {
        var writer = new Eip712StructWriter(stackalloc byte[32 * 3], s_person);
        writer.AddString(name);
        writer.Add(Address.Parse(wallet));
        return writer.Hash();
    }
}
