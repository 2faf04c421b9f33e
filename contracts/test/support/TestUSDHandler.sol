// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TestUSD} from "../../src/TestUSD.sol";
import {OwnerSignedWallet} from "../payers/OwnerSignedWallet.sol";
import {Authorization, TokenTest} from "./TokenTest.sol";

/// @title What the invariant runs may do, with a model that says beforehand what must come of it
/// @notice Every action decides from the model alone whether the token has to accept it, tries it, and compares. What
/// the model holds afterwards is what the invariants compare the token with. Six accounts: five with keys and one
/// contract account; nobody else ever gets money, so the six balances are all there is.
contract TestUSDHandler is TokenTest {
    uint256 private constant ACCOUNTS = 6;
    uint256 private constant NONCES = 8;

    uint256 private minted;
    address[6] private accounts;
    mapping(address account => uint256) private balance;
    mapping(address owner => mapping(address spender => uint256)) private allowance;
    mapping(address authorizer => mapping(bytes32 nonce => bool)) private spent;
    mapping(address owner => uint256) private permits;

    /// @dev How often each outcome came about, so that a test can tell that the runs reach it.
    uint256 public paid;
    uint256 public refused;
    uint256 public canceled;

    uint256 private _now = NOW;

    /// @dev One key for each account, and the forger's. Kept, because deriving one takes longer than a payment.
    uint256[7] private _keys;

    function setUp() public override {
        vm.warp(NOW);
        token = new TestUSD(address(this));
        for (uint32 i = 0; i < 7; i++) {
            _keys[i] = key(i);
            if (i < 5) accounts[i] = vm.addr(_keys[i]);
        }
        address[] memory owners = new address[](1);
        owners[0] = vm.addr(_keys[5]);
        accounts[5] = address(new OwnerSignedWallet(owners));
    }

    /// @dev Nonces come from a small set, so that replays happen by themselves.
    function nonceAt(uint256 seed) public pure returns (bytes32) {
        return keccak256(abi.encode("nonce", seed % NONCES));
    }

    /// @dev Account 5 is the contract account, for which key 5 signs.
    function signAs(uint256 who, bool forged, bytes32 hash) private view returns (bytes memory) {
        return sign(_keys[forged ? 6 : who % ACCOUNTS], hash);
    }

    /// @dev Time is kept here too: the runner does not carry a warp from one call to the next in every version.
    modifier inTime() {
        vm.warp(_now);
        _;
    }

    function wait(uint256 time) external {
        _now += bound(time, 1, 1 days);
    }

    function mint(uint256 to, uint256 value) external inTime {
        value = bound(value, 0, 1e15);
        token.mint(accounts[to % ACCOUNTS], value);
        balance[accounts[to % ACCOUNTS]] += value;
        minted += value;
    }

    function mintByAnother(uint256 who, uint256 value) external inTime {
        address account = accounts[who % ACCOUNTS];
        vm.prank(account);
        (bool done,) = address(token).call(abi.encodeCall(token.mint, (account, value)));
        vm.assertFalse(done, "only the minter mints");
    }

    function transfer(uint256 from, uint256 to, uint256 value) external inTime {
        (address payer_, address payee_) = (accounts[from % ACCOUNTS], accounts[to % ACCOUNTS]);
        value = nearBalance(payer_, value);
        vm.prank(payer_);
        (bool done,) = address(token).call(abi.encodeCall(token.transfer, (payee_, value)));
        vm.assertEq(done, value <= balance[payer_], "transfer");
        if (done) move(payer_, payee_, value);
    }

    function approve(uint256 owner, uint256 spender, uint256 value) external inTime {
        vm.prank(accounts[owner % ACCOUNTS]);
        token.approve(accounts[spender % ACCOUNTS], value);
        allowance[accounts[owner % ACCOUNTS]][accounts[spender % ACCOUNTS]] = value;
    }

    function transferFrom(uint256 spender, uint256 from, uint256 to, uint256 value) external inTime {
        (address caller, address payer_) = (accounts[spender % ACCOUNTS], accounts[from % ACCOUNTS]);
        address payee_ = accounts[to % ACCOUNTS];
        value = nearBalance(payer_, value);
        vm.prank(caller);
        (bool done,) = address(token).call(abi.encodeCall(token.transferFrom, (payer_, payee_, value)));
        vm.assertEq(done, value <= balance[payer_] && value <= allowance[payer_][caller], "transferFrom");
        if (!done) return;
        allowance[payer_][caller] -= value;
        move(payer_, payee_, value);
    }

    function permitBySignature(
        uint256 who,
        uint256 spender,
        uint256 value,
        uint256 deadline,
        uint256 nonce,
        bool forged,
        bool packed
    ) external inTime {
        (address owner, address to) = (accounts[who % ACCOUNTS], accounts[spender % ACCOUNTS]);
        form = Form(packed ? 1 : 0);
        deadline = bound(deadline, _now - 2, _now + 5);
        nonce = permits[owner] + (nonce % 4 == 0 ? 1 : 0);
        bytes memory signature = signAs(who, forged, permitDigest(owner, to, value, nonce, deadline));

        bool done;
        try this.permitOutside(owner, to, value, deadline, signature) {
            done = true;
        } catch {}
        vm.assertEq(done, !forged && deadline >= _now && nonce == permits[owner], "permit");
        if (!done) return;
        permits[owner]++;
        allowance[owner][to] = value;
    }

    function permitOutside(address owner, address spender, uint256 value, uint256 deadline, bytes memory signature)
        external
    {
        permit(owner, spender, value, deadline, signature);
    }

    /// @dev What may be wrong with a payment, besides time, nonce and balance.
    enum Flaw {
        None,
        Forged,
        OtherKind,
        OtherValue,
        OtherPayee,
        OtherCaller
    }

    function authorize(uint256 who, uint256 to, uint256 value, uint256 window, uint256 nonce, uint256 ways)
        external
        inTime
    {
        Authorization memory a = Authorization({
            from: accounts[who % ACCOUNTS],
            to: accounts[to % ACCOUNTS],
            value: nearBalance(accounts[who % ACCOUNTS], value),
            // Three in four windows are open.
            validAfter: window % 8 == 0 ? _now : _now - 1,
            validBefore: window % 8 == 1 ? _now : _now + 1,
            nonce: nonceAt(nonce)
        });
        (Kind kind, Flaw flaw) = (Kind(ways % 2), Flaw(ways / 4 % 12 > 5 ? 0 : ways / 4 % 12));
        form = Form(ways / 2 % 2);

        bool expected = a.validAfter < _now && _now < a.validBefore && !spent[a.from][a.nonce]
            && a.value <= balance[a.from] && (flaw == Flaw.None || (flaw == Flaw.OtherCaller && kind == Kind.Transfer));
        bool done = submit(kind, a, signFlawed(who, kind, a, flaw), flaw);
        vm.assertEq(done, expected, "payment");
        if (!done) {
            refused++;
            return;
        }
        paid++;
        spent[a.from][a.nonce] = true;
        move(a.from, a.to, a.value);
    }

    function signFlawed(uint256 who, Kind kind, Authorization memory a, Flaw flaw) private view returns (bytes memory) {
        Authorization memory b = Authorization(a.from, a.to, a.value, a.validAfter, a.validBefore, a.nonce);
        if (flaw == Flaw.OtherValue) b.value ^= 1;
        if (flaw == Flaw.OtherPayee) b.to = address(uint160(a.to) ^ 1);
        if (flaw == Flaw.OtherKind) kind = kind == Kind.Transfer ? Kind.Receive : Kind.Transfer;
        return signAs(who, flaw == Flaw.Forged, paymentDigest(kind, b));
    }

    function submit(Kind kind, Authorization memory a, bytes memory signature, Flaw flaw) private returns (bool done) {
        address caller = flaw == Flaw.OtherCaller ? address(this) : a.to;
        try this.payOutside(caller, kind, a, signature) {
            done = true;
        } catch {}
    }

    function payOutside(address caller, Kind kind, Authorization memory a, bytes memory signature) external {
        payAs(caller, kind, a, signature);
    }

    function cancelBySignature(uint256 who, uint256 nonce, bool forged, bool packed) external inTime {
        (address authorizer, bytes32 number) = (accounts[who % ACCOUNTS], nonceAt(nonce));
        form = Form(packed ? 1 : 0);
        bytes memory signature = signAs(who, forged, cancelDigest(authorizer, number));
        bool done;
        try this.cancelOutside(authorizer, number, signature) {
            done = true;
        } catch {}
        vm.assertEq(done, !forged && !spent[authorizer][number], "cancellation");
        if (!done) return;
        canceled++;
        spent[authorizer][number] = true;
    }

    function cancelOutside(address authorizer, bytes32 nonce, bytes memory signature) external {
        cancel(authorizer, nonce, signature);
    }

    /// @dev Mostly what the account can pay, sometimes one unit more, sometimes anything.
    function nearBalance(address account, uint256 value) private view returns (uint256) {
        if (value % 16 == 0) return value;
        if (value % 16 == 1) return balance[account] + 1;
        return bound(value, 0, balance[account]);
    }

    function move(address from, address to, uint256 value) private {
        balance[from] -= value;
        balance[to] += value;
    }

    function requireSupplyIsTheSumOfBalancesAndWhatWasMinted() external view {
        uint256 sum;
        for (uint256 i = 0; i < ACCOUNTS; i++) {
            sum += token.balanceOf(accounts[i]);
        }
        vm.assertEq(token.totalSupply(), sum, "the supply is the sum of the balances");
        vm.assertEq(token.totalSupply(), minted, "the supply is what was minted");
    }

    function requireNoBalanceMovedButByItsHoldersCallOrSignature() external view {
        for (uint256 i = 0; i < ACCOUNTS; i++) {
            vm.assertEq(token.balanceOf(accounts[i]), balance[accounts[i]], "balance");
        }
    }

    function requireNoncesAreSpentOnceAndStaySpent() external view {
        for (uint256 i = 0; i < ACCOUNTS; i++) {
            for (uint256 n = 0; n < NONCES; n++) {
                bytes32 nonce = nonceAt(n);
                bool state = token.authorizationState(accounts[i], nonce);
                if (state != spent[accounts[i]][nonce]) vm.assertEq(state, !state, "state of a nonce");
            }
        }
    }

    function requireNoAllowanceChangedButByItsOwnersCallOrSignature() external view {
        for (uint256 i = 0; i < ACCOUNTS; i++) {
            vm.assertEq(token.nonces(accounts[i]), permits[accounts[i]], "permit nonce");
            for (uint256 j = 0; j < ACCOUNTS; j++) {
                uint256 allowed = token.allowance(accounts[i], accounts[j]);
                uint256 expected = allowance[accounts[i]][accounts[j]];
                if (allowed != expected) vm.assertEq(allowed, expected, "allowance");
            }
        }
    }
}
