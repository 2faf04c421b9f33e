// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {TestUSD} from "../src/TestUSD.sol";
import {IERC3009} from "../src/interfaces/IERC3009.sol";
import {Authorization, TokenTest} from "./support/TokenTest.sol";

/// @title What holds for a signed payment in each of its two kinds, and in both forms of each
abstract contract PaymentTest is TokenTest {
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    /// @dev The kind under test.
    function kind() internal pure virtual returns (Kind);

    function otherKind() private pure returns (Kind) {
        return kind() == Kind.Transfer ? Kind.Receive : Kind.Transfer;
    }

    function signed(Authorization memory a) private view returns (bytes memory) {
        return sign(payerKey, paymentDigest(kind(), a));
    }

    function refuse(bytes memory text, Authorization memory a, bytes memory signature) private {
        expectReason(text);
        pay(kind(), a, signature);
    }

    function test_MovesTheMoneyAndSpendsTheNonce() public inBothForms {
        Authorization memory a = authorization();
        bytes memory signature = signed(a);

        vm.expectEmit(true, true, true, true, address(token));
        emit IERC3009.AuthorizationUsed(a.from, a.nonce);
        vm.expectEmit(true, true, true, true, address(token));
        emit IERC20.Transfer(a.from, a.to, a.value);
        vm.recordLogs();
        pay(kind(), a, signature);
        vm.assertEq(vm.getRecordedLogs().length, 2, "no other event");

        vm.assertEq(token.balanceOf(payer), FUNDS - a.value, "payer's balance");
        vm.assertEq(token.balanceOf(payee), a.value, "payee's balance");
        vm.assertTrue(token.authorizationState(payer, a.nonce), "nonce");
        vm.assertFalse(token.authorizationState(payee, a.nonce), "the payee's own nonce of the same number");
    }

    function test_ReplayIsRefusedInEitherForm() public inBothForms {
        Authorization memory a = authorization();
        bytes memory signature = signed(a);
        pay(kind(), a, signature);

        refuse(USED, a, signature);
        form = form == Form.Split ? Form.Packed : Form.Split;
        refuse(USED, a, signature);
        vm.assertEq(token.balanceOf(payee), a.value, "paid once");
    }

    function test_UsedNonceIsRefusedForAnotherPayment() public inBothForms {
        Authorization memory a = authorization();
        pay(kind(), a, signed(a));

        a.value = 1;
        refuse(USED, a, signed(a));
    }

    function test_NonceIsSharedWithTheOtherKind() public inBothForms {
        Authorization memory a = authorization();
        pay(otherKind(), a, sign(payerKey, paymentDigest(otherKind(), a)));

        refuse(USED, a, signed(a));
    }

    function test_SignatureForTheOtherKindIsRefused() public inBothForms {
        Authorization memory a = authorization();
        refuse(INVALID, a, sign(payerKey, paymentDigest(otherKind(), a)));
        assertUntouched(a);
    }

    function test_CanceledNonceIsRefused() public inBothForms {
        Authorization memory a = authorization();
        bytes memory signature = signed(a);
        cancel(payer, a.nonce, sign(payerKey, cancelDigest(payer, a.nonce)));

        refuse(USED, a, signature);
        vm.assertEq(token.balanceOf(payer), FUNDS, "payer's balance");
    }

    function test_NotYetValidIsRefusedUpToTheSecond() public inBothForms {
        Authorization memory a = authorization();
        a.validAfter = NOW;
        bytes memory signature = signed(a);
        refuse("FiatTokenV2: authorization is not yet valid", a, signature);
        assertUntouched(a);

        vm.warp(NOW + 1);
        pay(kind(), a, signature);
    }

    function test_ExpiredIsRefusedFromTheSecond() public inBothForms {
        Authorization memory a = authorization();
        bytes memory signature = signed(a);
        vm.warp(a.validBefore);
        refuse("FiatTokenV2: authorization is expired", a, signature);
        assertUntouched(a);

        vm.warp(a.validBefore - 1);
        pay(kind(), a, signature);
    }

    function test_WindowIsCheckedBeforeNonceAndSignature() public inBothForms {
        Authorization memory a = authorization();
        pay(kind(), a, signed(a));

        vm.warp(a.validBefore);
        refuse("FiatTokenV2: authorization is expired", a, new bytes(65));
        vm.warp(a.validAfter);
        refuse("FiatTokenV2: authorization is not yet valid", a, new bytes(65));
    }

    function test_NonceIsCheckedBeforeSignature() public inBothForms {
        Authorization memory a = authorization();
        pay(kind(), a, signed(a));
        refuse(USED, a, new bytes(65));
    }

    function test_MoreThanTheBalanceIsRefusedAndTheNonceStays() public inBothForms {
        Authorization memory a = authorization();
        a.value = FUNDS + 1;
        bytes memory signature = signed(a);
        refuse("ERC20: transfer amount exceeds balance", a, signature);
        assertUntouched(a);

        // The same authorization is good as soon as the money is there.
        token.mint(payer, 1);
        pay(kind(), a, signature);
        vm.assertEq(token.balanceOf(payer), 0, "payer's balance");
    }

    function test_WholeBalanceAndNothingArePaid() public inBothForms {
        Authorization memory a = authorization();
        a.value = 0;
        pay(kind(), a, signed(a));
        a.value = FUNDS;
        a.nonce = keccak256("second");
        pay(kind(), a, signed(a));
        vm.assertEq(token.balanceOf(payee), FUNDS, "payee's balance");
    }

    function test_PayingOneselfChangesNoBalance() public inBothForms {
        Authorization memory a = authorization();
        a.to = payer;
        pay(kind(), a, signed(a));
        vm.assertEq(token.balanceOf(payer), FUNDS, "payer's balance");
        vm.assertTrue(token.authorizationState(payer, a.nonce), "nonce");
    }

    function test_ZeroPayeeIsRefused() public inBothForms {
        Authorization memory a = authorization();
        a.to = address(0);
        refuse("ERC20: transfer to the zero address", a, signed(a));
    }

    function test_ZeroPayerIsRefused() public inBothForms {
        Authorization memory a = authorization();
        a.from = address(0);
        a.value = 0;
        refuse(INVALID, a, signed(a));
        refuse("ECRecover: invalid signature", a, abi.encodePacked(uint256(0), uint256(1), uint8(27)));
    }

    function test_StrangersSignatureIsRefused() public inBothForms {
        Authorization memory a = authorization();
        refuse(INVALID, a, sign(key(2), paymentDigest(kind(), a)));
        assertUntouched(a);
    }

    function test_SignatureForAnotherTokenIsRefused() public inBothForms {
        Authorization memory a = authorization();
        bytes memory signature = signed(a);
        token = new TestUSD(address(this));
        token.mint(payer, FUNDS);
        refuse(INVALID, a, signature);
    }

    function test_SignatureForAnotherChainIsRefused() public inBothForms {
        Authorization memory a = authorization();
        bytes memory here = signed(a);
        vm.chainId(block.chainid + 1);
        refuse(INVALID, a, here);
        // After a fork of the chain the new chain's signatures count.
        pay(kind(), a, signed(a));
    }

    function test_HighSIsRefused() public inBothForms {
        Authorization memory a = authorization();
        (uint8 v, bytes32 r, bytes32 s) = split(signed(a));
        vm.assertTrue(uint256(s) <= HALF_ORDER, "the signer gives low s");
        bytes memory twin = abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        refuse("ECRecover: invalid signature 's' value", a, twin);
        assertUntouched(a);
    }

    function test_OtherVIsRefused() public inBothForms {
        Authorization memory a = authorization();
        (uint8 v, bytes32 r, bytes32 s) = split(signed(a));
        uint8[5] memory others = [0, 1, v - 27, 29, 255];
        for (uint256 i = 0; i < others.length; i++) {
            refuse("ECRecover: invalid signature 'v' value", a, abi.encodePacked(r, s, others[i]));
        }
        assertUntouched(a);
    }

    function test_PointThatIsNotOnTheCurveIsRefused() public inBothForms {
        Authorization memory a = authorization();
        refuse("ECRecover: invalid signature", a, abi.encodePacked(bytes32(0), bytes32(0), uint8(27)));
        refuse("ECRecover: invalid signature", a, abi.encodePacked(bytes32(ORDER), bytes32(uint256(1)), uint8(28)));
        refuse("ECRecover: invalid signature", a, abi.encodePacked(bytes32(uint256(1)), bytes32(0), uint8(27)));
    }

    function test_OtherLengthsAreRefused() public {
        form = Form.Packed;
        Authorization memory a = authorization();
        bytes memory signature = signed(a);
        (uint8 v, bytes32 r, bytes32 s) = split(signature);
        bytes32 vs = bytes32(uint256(s) | (uint256(v - 27) << 255));
        refuse("ECRecover: invalid signature length", a, "");
        refuse("ECRecover: invalid signature length", a, abi.encodePacked(r, s));
        refuse("ECRecover: invalid signature length", a, abi.encodePacked(r, vs));
        refuse("ECRecover: invalid signature length", a, abi.encodePacked(signature, uint8(0)));
        refuse("ECRecover: invalid signature length", a, abi.encodePacked(signature, signature));
        assertUntouched(a);
    }
}

contract TransferWithAuthorizationTest is PaymentTest {
    function kind() internal pure override returns (Kind) {
        return Kind.Transfer;
    }

    function test_FrontRunnerOnlyPaysTheGasOfTheSamePayment() public inBothForms {
        Authorization memory a = authorization();
        bytes memory signature = sign(payerKey, paymentDigest(Kind.Transfer, a));
        address frontRunner = vm.addr(key(3));
        payAs(frontRunner, Kind.Transfer, a, signature);

        expectReason(USED);
        payAs(stranger, Kind.Transfer, a, signature);
        vm.assertEq(token.balanceOf(payee), a.value, "payee's balance");
        vm.assertEq(token.balanceOf(frontRunner), 0, "front-runner's balance");
    }
}

contract ReceiveWithAuthorizationTest is PaymentTest {
    function kind() internal pure override returns (Kind) {
        return Kind.Receive;
    }

    function test_OnlyThePayeeMayCall() public inBothForms {
        Authorization memory a = authorization();
        bytes memory signature = sign(payerKey, paymentDigest(Kind.Receive, a));
        address[3] memory others = [stranger, payer, address(this)];
        for (uint256 i = 0; i < others.length; i++) {
            expectReason("FiatTokenV2: caller must be the payee");
            payAs(others[i], Kind.Receive, a, signature);
        }
        assertUntouched(a);
        payAs(payee, Kind.Receive, a, signature);
    }

    function test_CallerIsCheckedBeforeWindowNonceAndSignature() public inBothForms {
        Authorization memory a = authorization();
        vm.warp(a.validBefore);
        expectReason("FiatTokenV2: caller must be the payee");
        payAs(stranger, Kind.Receive, a, new bytes(65));
    }
}
